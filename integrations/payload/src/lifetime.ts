import type { Payload } from "payload";
import type { Courier } from "./courier.js";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Starts deliveries with Payload and ends them with it: `payload.destroy()` and the signals that stop a process wait,
 * for a bounded time, until what is queued has been sent.
 */
export function attach(courier: Courier, payload: Payload): void {
  // A build of the site loads the CMS as well, but is no place to send from.
  if (courier.settings.url === null || process.env["NEXT_PHASE"] === "phase-production-build") return;
  const onSignal = (signal: NodeJS.Signals): void => {
    detach();
    void finish(courier, payload).finally(() => {
      // Without other listeners ours has only delayed what the signal does by itself.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  const detach = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  const destroy = payload.destroy;
  payload.destroy = async () => {
    detach();
    payload.destroy = destroy;
    await finish(courier, payload);
    courier.queue.stopped = true;
    await destroy();
  };
  void courier.resume(payload);
}

async function finish(courier: Courier, payload: Payload): Promise<void> {
  const left = await courier.queue.drain(courier.settings.shutdownMs);
  if (left === 0) return;
  const advice = courier.settings.deliveries ? "they are sent after the next start" : "they are lost: run a bulk sync";
  payload.logger.warn(`wellspring: stopping with ${left} documents still to be delivered; ${advice}`);
}
