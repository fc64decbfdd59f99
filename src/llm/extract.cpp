#include "llm/extract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <tuple>

#include "base/utf8.hpp"
#include "llm/excerpts.hpp"
#include "llm/word_overlap.hpp"

namespace wellspring::llm {
namespace {

// Set by hand and judged on answers about our own documentation, like every weight below.
constexpr std::size_t kScoredMax = 6;  // embedding a sentence costs about a millisecond
constexpr std::size_t kScoredBytes =
    240;  // of each: the cost grows with the length, and blocks begin with what they are about
constexpr std::size_t kQuotedMax = 4;
constexpr double kMeaningWeight = 0.45;
constexpr double kWordsWeight = 0.40;
constexpr double kRankWeight = 0.15;          // of the passage, as retrieval ordered them
constexpr double kTitleShare = 0.5;           // a word of the question in the passage's title counts as half
constexpr double kGoodEnough = 0.8;           // of the best score, to be quoted beside it
constexpr double kSameThing = 0.7;            // overlap above which one sentence repeats the other
constexpr std::size_t kSentenceWordsMin = 4;  // fewer are labels rather than statements

struct Candidate {
  Excerpt excerpt;
  std::size_t passage = 0;
  std::size_t position = 0;
  std::string full_text = {};
  std::vector<std::string> words = {};
  double words_score = 0;
  double score = 0;
};

std::vector<Candidate> candidates_of(std::span<const Passage> passages) {
  std::vector<Candidate> all;
  for (std::size_t passage = 0; passage < passages.size(); ++passage) {
    for (Excerpt& excerpt : split_excerpts(passages[passage].text)) {
      Candidate candidate{.excerpt = std::move(excerpt), .passage = passage, .position = all.size()};
      const Excerpt& quoted = candidate.excerpt;
      candidate.full_text = quoted.lead.empty() ? quoted.text : quoted.lead + "\n" + quoted.text;
      candidate.words = comparable_words(candidate.full_text);
      all.push_back(std::move(candidate));
    }
  }
  return all;
}

bool has_similar(const std::vector<std::string>& words, const std::string& wanted) {
  return std::ranges::any_of(words, [&](const std::string& word) { return similar(word, wanted); });
}

/// Shares of the question's words found, each weighted by how few excerpts have it.
void score_words(std::string_view question, std::span<const Passage> passages,
                 std::vector<Candidate>& candidates) {
  std::vector<std::vector<std::string>> titles;
  for (const Passage& passage : passages) titles.push_back(comparable_words(passage.title));
  double total = 0;
  for (const std::string& wanted : comparable_words(question)) {
    std::vector<bool> found(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) found[i] = has_similar(candidates[i].words, wanted);
    const auto having = static_cast<double>(std::ranges::count(found, true));
    const double weight = std::log(1 + static_cast<double>(candidates.size()) / (1 + having));
    total += weight;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (found[i]) {
        candidates[i].words_score += weight;
      } else if (has_similar(titles[candidates[i].passage], wanted)) {
        candidates[i].words_score += weight * kTitleShare;
      }
    }
  }
  for (Candidate& candidate : candidates) {
    if (total > 0) candidate.words_score /= total;
    const double rank = static_cast<double>(candidate.passage) / static_cast<double>(passages.size());
    candidate.score = kWordsWeight * candidate.words_score + kRankWeight * (1 - rank);
    const bool label =
        candidate.excerpt.kind == Excerpt::Kind::kSentence && candidate.words.size() < kSentenceWordsMin;
    if (label) candidate.score /= 2;
  }
}

/// Lower-case words between single blanks, without ASCII punctuation.
std::string folded(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      words += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

/// A text that only repeats the question, as examples and lists of questions do, answers nothing. Kept when
/// there is nothing else.
void drop_echoes(std::string_view question, std::vector<Candidate>& candidates) {
  const std::string asked = folded(question);
  if (std::ranges::count(asked, ' ') <= static_cast<std::ptrdiff_t>(kSentenceWordsMin)) return;
  const auto echoes = [&](const Candidate& candidate) {
    return folded(candidate.full_text).find(asked) != std::string::npos;
  };
  if (!std::ranges::all_of(candidates, echoes)) std::erase_if(candidates, echoes);
}

void keep_best(std::vector<Candidate>& candidates, std::size_t count) {
  std::ranges::stable_sort(candidates, std::greater{}, &Candidate::score);
  if (candidates.size() > count) candidates.resize(count);
}

Result<void> score_meaning(std::string_view question, const SentenceScorer& scorer,
                           std::vector<Candidate>& candidates) {
  std::vector<std::string_view> texts;
  for (const Candidate& candidate : candidates) {
    const std::string_view text = candidate.full_text;
    texts.push_back(text.substr(0, complete_prefix(text.substr(0, kScoredBytes))));
  }
  const auto cosines = scorer(question, texts);
  if (cosines.has_error()) return cosines.error();
  if (cosines->size() != texts.size()) {
    return fail(ErrorKind::kBug,
                fmt::format("extract: {} scores for {} sentences", cosines->size(), texts.size()));
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].score += kMeaningWeight * std::max(0.0, static_cast<double>((*cosines)[i]));
  }
  return {};
}

/// The best candidate, then those nearly as good that add something; a block stands with one sentence at
/// most.
std::vector<Candidate> choose(std::vector<Candidate> ranked) {
  std::vector<Candidate> chosen;
  for (Candidate& candidate : ranked) {
    const bool block = candidate.excerpt.kind == Excerpt::Kind::kBlock;
    if (!chosen.empty()) {
      const bool after_block = chosen.front().excerpt.kind == Excerpt::Kind::kBlock;
      if (candidate.score < kGoodEnough * chosen.front().score || block ||
          chosen.size() == (after_block ? 2 : kQuotedMax)) {
        continue;
      }
      const auto repeats = [&](const Candidate& other) {
        return overlap(other.words, candidate.words) > kSameThing;
      };
      if (std::ranges::any_of(chosen, repeats)) continue;
    }
    chosen.push_back(std::move(candidate));
  }
  // The best leads; the rest reads in the order of the sources.
  std::ranges::sort(chosen.begin() + 1, chosen.end(), {},
                    [](const Candidate& c) { return std::tuple(c.passage, c.position); });
  return chosen;
}

std::string quote(const Candidate& chosen, const Passage& passage) {
  const Excerpt& excerpt = chosen.excerpt;
  const std::size_t number = chosen.passage + 1;
  if (excerpt.kind == Excerpt::Kind::kSentence) return fmt::format("{} [{}]", excerpt.text, number);
  const std::string lead = excerpt.lead.empty() ? passage.title + ":" : excerpt.lead;
  return fmt::format("{} [{}]\n\n{}", lead, number, excerpt.text);
}

}  // namespace

Result<std::vector<std::string>> extract(std::string_view question, std::span<const Passage> passages,
                                         const SentenceScorer& scorer) {
  std::vector<Candidate> candidates = candidates_of(passages);
  if (candidates.empty()) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("extract: none of the {} passages holds a sentence to quote", passages.size()));
  }
  drop_echoes(question, candidates);
  score_words(question, passages, candidates);
  keep_best(candidates, kScoredMax);
  if (scorer) {
    if (const auto scored = score_meaning(question, scorer, candidates); scored.has_error())
      return scored.error();
    keep_best(candidates, kScoredMax);
  }
  std::vector<std::string> pieces;
  bool after_block = false;
  for (const Candidate& chosen : choose(std::move(candidates))) {
    const bool block = chosen.excerpt.kind == Excerpt::Kind::kBlock;
    const std::string_view gap = pieces.empty() ? "" : block || after_block ? "\n\n" : " ";
    pieces.push_back(std::string(gap) + quote(chosen, passages[chosen.passage]));
    after_block = block;
  }
  return pieces;
}

}  // namespace wellspring::llm
