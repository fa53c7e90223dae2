/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Which application names an offer reaches: PCRE2 in the service of POSIX syntax.
 *
 * PCRE2 converts the POSIX expression, refuses what would grow too large, and bounds every match.
 */

#include "app_filter.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/*! How many filters that nobody uses are kept for the next broadcast, the last ones compiled. */
#define KEPT 32

/*! The largest compiled filter, in bytes. */
#define MAX_COMPILED 16384

/*! How many steps a match by backtracking may take before the other algorithm decides. */
#define MATCH_LIMIT 5000

/*! Memory for backtracking, in kibibytes. */
#define HEAP_LIMIT 256

/*!
 * Room for the algorithm that does not backtrack, in integers. It bounds its time as well, together with
 * the longest name: 30 ms at the worst, where 4096 and names of 1024 characters took 5 s.
 */
#define WORKSPACE 512

/*! A bracket expression. "[:", "[." and "[=" must be closed in it, or else it is a slip of the pen. */
#define BRACKETS "\\[\\^?\\]?(?:\\[([.:=]).*?\\g{-1}\\]|(?!\\[[.:=])[^\\]])*+\\]"

/*!
 * What POSIX defines, token by token: a backslash and a character, a bracket expression, an opening
 * parenthesis that no repetition follows, or any other character, each repeated at most once. Outside
 * of it PCRE2 would give Perl's meaning to things like "(?=", "(*UTF)", "a++" or "a*?".
 */
static const char posix_syntax[] = "\\A(?:(?:\\\\.|" BRACKETS "|\\((?![*+?{])"
								   "|[^\\\\\\[(*+?{])(?:[*+?]|\\{\\d+(?:,\\d*)?\\})?)*+\\z";

/*! A bracket expression with a star. Others, and what a backslash stands before, are skipped. */
static const char starred_brackets[] = "\\\\.(*SKIP)(*FAIL)|(" BRACKETS ")(?:\\*|(*SKIP)(*FAIL))";

struct app_filter {
	atomic_uint references;
	/*! Of the text, in the cache. */
	uint64_t hash;
	pcre2_code *code;
	/*! Protects the two below: the list asked about last, and the answer. */
	pthread_mutex_t lock;
	struct names *asked;
	struct names *selected;
	char text[];
};

/*! Protects \c filters and \c kept; never held while something is compiled or freed. */
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
/*! Every filter alive, by its text; the table holds no reference. */
static struct table filters;
/*! References to the filters compiled last, in a ring. */
static struct app_filter *kept[KEPT];
static size_t kept_next;

/*! \brief Take a reference unless the last one was just given back. */
static int revive(struct app_filter *filter)
{
	unsigned int references = atomic_load_explicit(&filter->references, memory_order_relaxed);

	while (references) {
		if (atomic_compare_exchange_weak_explicit(&filter->references, &references, references + 1,
				memory_order_relaxed, memory_order_relaxed)) {
			return 1;
		}
	}
	return 0;
}

static struct app_filter *find_locked(const char *text, uint64_t hash)
{
	struct app_filter *filter = table_find(&filters, text, hash);

	return filter && revive(filter) ? filter : NULL;
}

/*! \brief Put a reason into the caller's buffer. \return NULL, so that it can be returned at once. */
static void *refuse(char *error, size_t error_size, const char *reason)
{
	if (error && error_size) {
		snprintf(error, error_size, "%s", reason);
	}
	return NULL;
}

/*! \brief Put PCRE2's reason and the place into the caller's buffer. */
static void *refuse_at(char *error, size_t error_size, int code, size_t place)
{
	char reason[128] = "";
	char text[192];

	pcre2_get_error_message(code, (PCRE2_UCHAR *) reason, sizeof(reason));
	snprintf(text, sizeof(text), "%s at character %zu", reason, place);
	return refuse(error, error_size, text);
}

/*! \brief Compile one of the expressions above. It is rare enough, and a shared one would need an owner. */
static pcre2_code *compile_own(const char *pattern)
{
	int error;
	PCRE2_SIZE place;

	return pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED, PCRE2_DOTALL, &error, &place, NULL);
}

/*! \brief Whether \a text stays within what POSIX defines. */
static int is_posix(const char *text)
{
	pcre2_code *code = compile_own(posix_syntax);
	pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
	int result = -1;

	if (data) {
		result = pcre2_match(code, (PCRE2_SPTR) text, strlen(text), 0, 0, data, NULL);
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return result >= 0;
}

/*!
 * \brief Write "[...]*" as "[...]{0,}".
 *
 * pcre2_pattern_convert() takes the second star of "a*[b]*" for a repeated one and drops it (10.42).
 *
 * \param[out] spelt At least three times as long as \a text. \param[in,out] length Its size.
 * \retval 0 on success.
 */
static int spell_out_stars(const char *text, PCRE2_UCHAR *spelt, PCRE2_SIZE *length)
{
	pcre2_code *code = compile_own(starred_brackets);
	int result = -1;

	if (code) {
		result = pcre2_substitute(code, (PCRE2_SPTR) text, strlen(text), 0, PCRE2_SUBSTITUTE_GLOBAL, NULL,
			NULL, (PCRE2_SPTR) "${1}{0,}", PCRE2_ZERO_TERMINATED, spelt, length);
	}
	pcre2_code_free(code);
	return result < 0 ? -1 : 0;
}

/*! \brief Compile a PCRE2 pattern that was converted from POSIX. */
static pcre2_code *compile_converted(PCRE2_SPTR pattern, PCRE2_SIZE length, char *error, size_t error_size)
{
	pcre2_code *code;
	PCRE2_SIZE place;
	PCRE2_SIZE compiled = 0;
	int reason;

	/* DOLLAR_ENDONLY: a "$" before a final line feed is Perl's habit, not POSIX's. */
	code = pcre2_compile(
		pattern, length, PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &reason, &place, NULL);
	if (!code) {
		/* The conversion puts "(*NUL)" in front. */
		return refuse_at(error, error_size, reason, place > 6 ? place - 6 : 0);
	}
	pcre2_pattern_info(code, PCRE2_INFO_SIZE, &compiled);
	if (compiled > MAX_COMPILED) {
		pcre2_code_free(code);
		return refuse(error, error_size, "it grows too large when compiled; repeat less");
	}
	return code;
}

static pcre2_code *compile(const char *text, char *error, size_t error_size)
{
	PCRE2_UCHAR spelt[3 * APP_FILTER_MAX_LENGTH + 1];
	PCRE2_SIZE spelt_length = sizeof(spelt);
	PCRE2_UCHAR *pattern = NULL;
	PCRE2_SIZE length = 0;
	pcre2_code *code;
	int reason;

	if (spell_out_stars(text, spelt, &spelt_length)) {
		return refuse(error, error_size, "out of memory");
	}
	reason =
		pcre2_pattern_convert(spelt, spelt_length, PCRE2_CONVERT_POSIX_EXTENDED, &pattern, &length, NULL);
	if (reason) {
		return refuse_at(error, error_size, reason, length);
	}
	code = compile_converted(pattern, length, error, error_size);
	pcre2_converted_pattern_free(pattern);
	if (code && !is_posix(text)) {
		pcre2_code_free(code);
		return refuse(error, error_size,
			"\"(?\", \"(*\", a repeated repetition or a stray \"{\" is not POSIX extended syntax");
	}
	return code;
}

/*! \brief Free a filter that nobody refers to any more. */
static void destroy(struct app_filter *filter)
{
	pthread_mutex_lock(&cache_lock);
	table_remove(&filters, filter->hash, filter);
	pthread_mutex_unlock(&cache_lock);
	pcre2_code_free(filter->code);
	names_unref(filter->asked);
	names_unref(filter->selected);
	pthread_mutex_destroy(&filter->lock);
	free(filter);
}

static struct app_filter *create(const char *text, uint64_t hash, char *error, size_t error_size)
{
	struct app_filter *filter;
	pcre2_code *code = compile(text, error, error_size);

	if (!code) {
		return NULL;
	}
	filter = calloc(1, sizeof(*filter) + strlen(text) + 1);
	if (!filter) {
		pcre2_code_free(code);
		return refuse(error, error_size, "out of memory");
	}
	atomic_init(&filter->references, 1);
	pthread_mutex_init(&filter->lock, NULL);
	filter->hash = hash;
	filter->code = code;
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.strcpy): there is room for it, see above */
	strcpy(filter->text, text);
	return filter;
}

/*!
 * \brief Share a filter that was just compiled, unless another thread was faster with the same text.
 *
 * \return The one to use; \a filter is the caller's no more.
 */
static struct app_filter *share(struct app_filter *filter)
{
	struct app_filter *found;
	struct app_filter *dropped = filter;

	pthread_mutex_lock(&cache_lock);
	found = find_locked(filter->text, filter->hash);
	if (!found) {
		found = filter;
		/* Without memory for the entry it is used all the same, only not found by others. */
		table_put(&filters, filter->text, filter->hash, filter);
		dropped = kept[kept_next];
		kept[kept_next] = app_filter_ref(filter);
		kept_next = (kept_next + 1) % KEPT;
	}
	pthread_mutex_unlock(&cache_lock);
	app_filter_unref(dropped);
	return found;
}

struct app_filter *app_filter_get(const char *text, char *error, size_t error_size)
{
	uint64_t hash;
	struct app_filter *filter;

	if (strlen(text) > APP_FILTER_MAX_LENGTH) {
		return refuse(error, error_size, "it is longer than 256 characters");
	}
	hash = table_hash(text);
	pthread_mutex_lock(&cache_lock);
	filter = find_locked(text, hash);
	pthread_mutex_unlock(&cache_lock);
	if (filter) {
		return filter;
	}
	filter = create(text, hash, error, error_size);
	return filter ? share(filter) : NULL;
}

struct app_filter *app_filter_ref(struct app_filter *filter)
{
	if (filter) {
		atomic_fetch_add_explicit(&filter->references, 1, memory_order_relaxed);
	}
	return filter;
}

void app_filter_unref(struct app_filter *filter)
{
	if (filter && atomic_fetch_sub_explicit(&filter->references, 1, memory_order_acq_rel) == 1) {
		destroy(filter);
	}
}

const char *app_filter_text(const struct app_filter *filter)
{
	return filter ? filter->text : "";
}

/*!
 * \brief Decide without backtracking what backtracking could not decide within its limit.
 *
 * Slower on ordinary filters and names, but bounded on all: that is why it comes second.
 */
static int match_without_backtracking(
	const struct app_filter *filter, const char *name, size_t length, pcre2_match_data *data)
{
	int *workspace = malloc(WORKSPACE * sizeof(*workspace));
	int result = PCRE2_ERROR_NOMEMORY;

	if (workspace) {
		result = pcre2_dfa_match(
			filter->code, (PCRE2_SPTR) name, length, 0, PCRE2_DFA_SHORTEST, data, NULL, workspace, WORKSPACE);
	}
	free(workspace);
	return result;
}

int app_filter_match(const struct app_filter *filter, const char *name)
{
	pcre2_match_data *data;
	pcre2_match_context *context;
	size_t length = strlen(name);
	int result = PCRE2_ERROR_NOMEMORY;

	if (!filter) {
		return 1;
	}
	if (length > APP_FILTER_MAX_NAME) {
		return 0;
	}
	data = pcre2_match_data_create(1, NULL);
	context = pcre2_match_context_create(NULL);
	if (data && context) {
		pcre2_set_match_limit(context, MATCH_LIMIT);
		pcre2_set_heap_limit(context, HEAP_LIMIT);
		result = pcre2_match(filter->code, (PCRE2_SPTR) name, length, 0, 0, data, context);
		if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_HEAPLIMIT) {
			result = match_without_backtracking(filter, name, length, data);
		}
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return result >= 0;
}

/*! \brief The answer for \a names if it was asked about last, as a reference, else NULL. */
static struct names *recall(struct app_filter *filter, const struct names *names)
{
	struct names *selected;

	pthread_mutex_lock(&filter->lock);
	selected = filter->asked == names ? names_ref(filter->selected) : NULL;
	pthread_mutex_unlock(&filter->lock);
	return selected;
}

/*! \brief Remember the answer for \a names. */
static void remember(struct app_filter *filter, struct names *names, struct names *selected)
{
	struct names *old_asked;
	struct names *old_selected;

	pthread_mutex_lock(&filter->lock);
	old_asked = filter->asked;
	old_selected = filter->selected;
	filter->asked = names_ref(names);
	filter->selected = names_ref(selected);
	pthread_mutex_unlock(&filter->lock);
	names_unref(old_asked);
	names_unref(old_selected);
}

struct names *app_filter_select(struct app_filter *filter, struct names *names)
{
	struct names *selected;
	const char **list;
	size_t count = 0;

	if (!filter) {
		return names_ref(names);
	}
	selected = recall(filter, names);
	if (selected) {
		return selected;
	}
	list = malloc((names_count(names) + 1) * sizeof(*list));
	if (!list) {
		return NULL;
	}
	for (size_t i = 0; i < names_count(names); i++) {
		if (app_filter_match(filter, names_at(names, i))) {
			list[count++] = names_at(names, i);
		}
	}
	selected = names_create(list, count);
	free(list);
	if (selected) {
		remember(filter, names, selected);
	}
	return selected;
}

void app_filter_forget_all(void)
{
	struct app_filter *dropped[KEPT];

	pthread_mutex_lock(&cache_lock);
	memcpy(dropped, kept, sizeof(dropped));
	memset(kept, 0, sizeof(kept));
	pthread_mutex_unlock(&cache_lock);
	for (size_t i = 0; i < KEPT; i++) {
		app_filter_unref(dropped[i]);
	}
}
