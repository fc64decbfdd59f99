/** Runs steps one after the other and prints a line for each; a failed step does not end the run. */
export class Transcript {
  private passed = 0;
  private failed = 0;

  title(text: string): void {
    console.log(`\n${text}`);
  }

  /** `work` returns what was seen, for the line. */
  async step(what: string, work: () => Promise<string>): Promise<void> {
    const begin = Date.now();
    try {
      const seen = await work();
      this.passed += 1;
      console.log(`  ok    ${what}: ${seen} [${Date.now() - begin} ms]`);
    } catch (error) {
      this.failed += 1;
      console.log(`  FAIL  ${what}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  /** The exit code. */
  end(): number {
    console.log(`\n${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
