#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <string>
#include <vector>

struct cre2_pattern {
    re2::RE2 compiled;
    std::vector<std::string> names;

    cre2_pattern(const re2::StringPiece &text, const re2::RE2::Options &options) : compiled(text, options) {
        if (!compiled.ok()) return;
        names.resize(static_cast<size_t>(compiled.NumberOfCapturingGroups()) + 1);
        for (const auto &[group, name] : compiled.CapturingGroupNames()) names[static_cast<size_t>(group)] = name;
    }
};

cre2_pattern *cre2_create(const char *pattern, size_t count, cre2_options options) {
    re2::RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_case_sensitive(!options.case_insensitive);
    chosen.set_dot_nl(options.dot_matches_newline);
    chosen.set_literal(options.literal);
    chosen.set_encoding(options.latin1 ? re2::RE2::Options::EncodingLatin1 : re2::RE2::Options::EncodingUTF8);
    chosen.set_max_mem(options.memory_budget);
    return new cre2_pattern(re2::StringPiece(pattern ? pattern : "", count), chosen);
}

void cre2_destroy(cre2_pattern *pattern) { delete pattern; }
bool cre2_is_valid(const cre2_pattern *pattern) { return pattern->compiled.ok(); }

const char *cre2_error(const cre2_pattern *pattern, size_t *count) {
    *count = pattern->compiled.error().size();
    return pattern->compiled.error().data();
}

const char *cre2_error_part(const cre2_pattern *pattern, size_t *count) {
    *count = pattern->compiled.error_arg().size();
    return pattern->compiled.error_arg().data();
}

int cre2_group_count(const cre2_pattern *pattern) { return pattern->compiled.NumberOfCapturingGroups(); }

const char *cre2_group_name(const cre2_pattern *pattern, int group, size_t *count) {
    const std::string &name = pattern->names[static_cast<size_t>(group)];
    *count = name.size();
    return name.empty() ? nullptr : name.data();
}

bool cre2_match(
    const cre2_pattern *pattern, const char *text, size_t start, size_t end, bool anchored, ptrdiff_t *ranges,
    int group_count) {
    const auto anchor = anchored ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
    const re2::StringPiece subject(text ? text : "", end);
    if (group_count == 0) return pattern->compiled.Match(subject, start, end, anchor, nullptr, 0);
    constexpr int inlineGroups = 16;
    re2::StringPiece few[inlineGroups];
    std::vector<re2::StringPiece> many;
    re2::StringPiece *groups = few;
    if (group_count > inlineGroups) {
        many.resize(static_cast<size_t>(group_count));
        groups = many.data();
    }
    if (!pattern->compiled.Match(subject, start, end, anchor, groups, group_count)) return false;
    for (int group = 0; group < group_count; group++) {
        const bool tookPart = groups[group].data() != nullptr;
        ranges[2 * group] = tookPart ? groups[group].data() - subject.data() : -1;
        ranges[2 * group + 1] = tookPart ? ranges[2 * group] + static_cast<ptrdiff_t>(groups[group].size()) : -1;
    }
    return true;
}

bool cre2_possible_match_range(
    const cre2_pattern *pattern, size_t limit, char *minimum, size_t *minimum_count, char *maximum, size_t *maximum_count) {
    std::string low, high;
    if (!pattern->compiled.PossibleMatchRange(&low, &high, static_cast<int>(limit))) return false;
    std::memcpy(minimum, low.data(), low.size());
    std::memcpy(maximum, high.data(), high.size());
    *minimum_count = low.size();
    *maximum_count = high.size();
    return true;
}
