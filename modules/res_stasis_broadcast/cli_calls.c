/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Commands about calls: broadcast show, show channel, withdraw.
 */

#include "cli_private.h"

#include "asterisk/utils.h"
#include "dispatch/dispatch.h"
#include "gate.h"
#include "line.h"
#include "table.h"
#include "withdraw.h"

/*! Calls that are shown at once, unless more are asked for. */
#define PAGE 100

static const char *state_word(enum broadcast_state state)
{
	static const char *const words[] = {
		[BROADCAST_OPEN] = "open",
		[BROADCAST_CLAIMED] = "claimed",
		[BROADCAST_EXPIRED] = "expired",
		[BROADCAST_HUNG_UP] = "hung up",
		[BROADCAST_DECLINED] = "declined",
		[BROADCAST_WITHDRAWN] = "withdrawn",
		[BROADCAST_REPLACED] = "replaced",
		[BROADCAST_GONE] = "gone",
	};

	return words[state];
}

/*! \brief How long a call has waited, or had when it was taken off offer, in milliseconds. */
static int64_t waited_ms(const struct line *line)
{
	const int64_t closed_ns = broadcast_closed_ns(line->broadcast);

	return closed_ns ? (closed_ns - line->offer->first_ns) / 1000000 : offer_waited_ms(line->offer);
}

static const struct cli_column call_columns[] = {
	{ "Channel", CLI_WHOLE },
	{ "Caller", CLI_OPTIONAL },
	{ "Called", CLI_OPTIONAL },
	{ "Queue", CLI_OPTIONAL | CLI_WHOLE },
	{ "Prio", CLI_OPTIONAL | CLI_NUMBER },
	{ "Round", CLI_OPTIONAL },
	{ "First", CLI_OPTIONAL | CLI_NUMBER },
	{ "Bids", CLI_OPTIONAL | CLI_NUMBER },
	{ "Score", CLI_OPTIONAL | CLI_NUMBER },
	{ "Waited", CLI_NUMBER },
	{ "Left", CLI_OPTIONAL | CLI_NUMBER },
	{ "State", 0 },
	{ "Offered", CLI_NUMBER },
	{ "Declined", CLI_NUMBER },
	{ "Filter", CLI_OPTIONAL },
	{ "Winner", CLI_OPTIONAL | CLI_WHOLE },
};

/*! \brief Add a number, or nothing if there is none to tell. */
static void add_number(struct cli_table *table, int is_told, int number)
{
	if (is_told) {
		cli_table_format(table, "%d", number);
	} else {
		cli_table_add(table, "");
	}
}

/*! \brief Add what circles, k() and b() have come to; nothing for a call without them. */
static void add_options(
	struct cli_table *table, const struct offer *offer, const struct broadcast_snapshot *snapshot)
{
	if (offer->rounds > 1) {
		cli_table_format(table, "%d/%d", atomic_load(&offer->round), offer->rounds);
	} else {
		cli_table_add(table, "");
	}
	add_number(table, offer->has_first, offer->first);
	add_number(table, offer->bid_window_ms, (int) snapshot->bids);
	add_number(table, snapshot->score >= 0, snapshot->score);
}

static void add_call(struct cli_table *table, const struct line *line)
{
	const struct offer *offer = line->offer;
	struct broadcast_snapshot snapshot;
	char duration[CLI_DURATION_SIZE];

	broadcast_get_snapshot(line->broadcast, &snapshot);
	cli_table_add(table, broadcast_channel_id(line->broadcast));
	cli_table_add(table, S_OR(offer_text(offer, OFFER_CALLER_NUMBER), offer_text(offer, OFFER_CALLER_NAME)));
	cli_table_add(table, offer_text(offer, OFFER_CALLED));
	cli_table_add(table, offer_text(offer, OFFER_QUEUE));
	add_number(table, offer->priority, offer->priority);
	add_options(table, offer, &snapshot);
	cli_table_add(table, cli_duration(waited_ms(line), duration));
	cli_table_add(
		table, snapshot.state == BROADCAST_OPEN ? cli_duration(snapshot.remaining_ms, duration) : "");
	cli_table_add(table, state_word(snapshot.state));
	cli_table_format(table, "%zu", names_count(snapshot.recipients));
	cli_table_format(table, "%zu", names_count(snapshot.declined));
	cli_table_add(table, broadcast_filter_text(line->broadcast));
	cli_table_add(table, snapshot.winner);
	broadcast_snapshot_clear(&snapshot);
}

/*! \brief A number from 1 on; 0 if it is none. */
static size_t read_number(const char *text)
{
	size_t number = 0;

	for (; *text >= '0' && *text <= '9' && number < 1000000000; text++) {
		number = number * 10 + (*text - '0');
	}
	return *text ? 0 : number;
}

/*! \brief Show a page of the line. */
static void show_page(int fd, const struct line *line, size_t count, size_t from, size_t most)
{
	struct cli_table table = { .columns = call_columns, .column_count = ARRAY_LEN(call_columns) };
	const size_t end = MIN(count, from - 1 + most);

	for (size_t i = from - 1; i < end; i++) {
		add_call(&table, &line[i]);
	}
	cli_table_write(&table, fd);
	if (end < count) {
		ast_cli(fd, "%zu more: broadcast show from %zu\n", count - end, end + 1);
	}
}

char *cli_show(int fd, int argc, const char *const *argv)
{
	const int is_from = argc >= 4 && argc <= 5 && !strcasecmp(argv[2], "from");
	const size_t from = is_from ? read_number(argv[3]) : 1;
	const size_t most = argc == 5 ? read_number(argv[4]) : PAGE;
	struct line *line;
	size_t count;
	size_t open;

	if ((argc != 2 && !is_from) || !from || !most) {
		return CLI_SHOWUSAGE;
	}
	line = line_get(&count, &open);
	if (!line) {
		ast_cli(fd, "Out of memory: the calls cannot be shown\n");
		return CLI_SUCCESS;
	}
	if (from <= count) {
		show_page(fd, line, count, from, most);
	}
	ast_cli(fd, "%zu %s on offer, %zu claimed or ended\n", open, open == 1 ? "call" : "calls", count - open);
	line_free(line, count);
	return CLI_SUCCESS;
}

/*! \brief Tell that there is no such broadcast. */
static char *tell_unknown(int fd, const char *channel_id)
{
	char shown[PRINTABLE_SIZE];

	ast_cli(fd, "No call '%s' is on offer or with an application. The calls: broadcast show\n",
		printable(channel_id, shown, sizeof(shown)));
	return CLI_SUCCESS;
}

static void tell_field(int fd, const char *name, const char *text)
{
	char shown[4 * 256 + 8];

	if (!ast_strlen_zero(text)) {
		ast_cli(fd, "%-14s %s\n", name, printable(text, shown, sizeof(shown)));
	}
}

/*! \brief What circles, k() and b() have come to; nothing for a call without them. */
static void tell_options(int fd, const struct offer *offer, const struct broadcast_snapshot *snapshot)
{
	if (offer->rounds > 1) {
		ast_cli(fd, "%-14s %d of %d\n", "Round:", atomic_load(&offer->round), offer->rounds);
	}
	if (offer->has_first) {
		ast_cli(fd, "%-14s %d\n", "First:", offer->first);
	}
	if (offer->bid_window_ms) {
		ast_cli(fd, "%-14s %zu, window %d ms\n", "Bids:", snapshot->bids, offer->bid_window_ms);
	}
	/* Told only once it is over. */
	if (snapshot->score >= 0) {
		ast_cli(fd, "%-14s %d\n", "Score:", snapshot->score);
	}
}

/*! \brief What is known of a call in lines. */
static void tell_call(int fd, const struct line *line, const struct broadcast_snapshot *snapshot)
{
	const struct offer *offer = line->offer;
	char duration[CLI_DURATION_SIZE];

	tell_field(fd, "Channel:", broadcast_channel_id(line->broadcast));
	tell_field(fd, "Is now:", snapshot->moved_to);
	tell_field(fd, "Name:", offer_text(offer, OFFER_CHANNEL_NAME));
	tell_field(fd, "Caller name:", offer_text(offer, OFFER_CALLER_NAME));
	tell_field(fd, "Caller:", offer_text(offer, OFFER_CALLER_NUMBER));
	tell_field(fd, "Called:", offer_text(offer, OFFER_CALLED));
	tell_field(fd, "Queue:", offer_text(offer, OFFER_QUEUE));
	ast_cli(fd, "%-14s %d\n", "Priority:", offer->priority);
	tell_options(fd, offer, snapshot);
	tell_field(fd, "State:", state_word(snapshot->state));
	tell_field(fd, "Winner:", snapshot->winner);
	tell_field(fd, "Waited:", cli_duration(waited_ms(line), duration));
	if (snapshot->state == BROADCAST_OPEN) {
		tell_field(fd, "Left:", cli_duration(snapshot->remaining_ms, duration));
	}
	tell_field(fd, "Filter:", broadcast_filter_text(line->broadcast));
}

static const struct cli_column recipient_columns[] = {
	{ "Queued", 0 },
	{ "Sent (ms)", CLI_NUMBER },
	{ "Declined", 0 },
	{ "Lost", 0 },
	{ "Claimed", 0 },
	{ "Application", CLI_WHOLE },
};

/*! \brief A call, and the table of whom it is offered to. */
struct recipients {
	struct cli_table table;
	const struct broadcast_snapshot *snapshot;
	struct table declined;
	int is_lost;
};

/*! \brief Add a recipient of which only the answer is known, or more. \param queued And \a sent: "" if not known. */
static void add_recipient(
	struct recipients *recipients, const char *app, const char *queued, const char *sent)
{
	const int is_winner = recipients->snapshot->winner && !strcmp(recipients->snapshot->winner, app);

	cli_table_add(&recipients->table, queued);
	cli_table_add(&recipients->table, sent);
	cli_table_add(&recipients->table, table_find(&recipients->declined, app, table_hash(app)) ? "yes" : "");
	cli_table_add(&recipients->table, is_winner && recipients->is_lost ? "yes" : "");
	cli_table_add(&recipients->table, is_winner ? "yes" : "");
	cli_table_add(&recipients->table, app);
}

static void add_delivery(const struct delivery_recipient *recipient, void *data)
{
	static const char *const words[] = {
		[DELIVERY_QUEUED] = "yes",
		[DELIVERY_WRITING] = "yes",
		[DELIVERY_SENT] = "",
		[DELIVERY_DROPPED] = "dropped",
	};
	char sent[32];

	snprintf(sent, sizeof(sent), "%.1f", recipient->sent_ms);
	add_recipient(
		data, recipient->app, words[recipient->stage], recipient->stage == DELIVERY_SENT ? sent : "");
}

/*! \brief Show whom a broadcast is offered to: while it is open, with how far the event has come. */
static void show_recipients(int fd, const struct line *line, const struct broadcast_snapshot *snapshot)
{
	struct offer *offer = broadcast_data(line->broadcast);
	struct recipients recipients = {
		.table = { .columns = recipient_columns, .column_count = ARRAY_LEN(recipient_columns) },
		.snapshot = snapshot,
		.is_lost = atomic_load(&offer->is_lost),
	};
	struct delivery *delivery = delivery_ref_at(&offer->events.to_recipients);

	for (size_t i = 0; i < names_count(snapshot->declined); i++) {
		const char *name = names_at(snapshot->declined, i);

		table_put(&recipients.declined, name, table_hash(name), (void *) name);
	}
	if (delivery) {
		delivery_describe(delivery, add_delivery, &recipients);
	} else {
		for (size_t i = 0; i < names_count(snapshot->recipients); i++) {
			add_recipient(&recipients, names_at(snapshot->recipients, i), "", "");
		}
	}
	delivery_unref(delivery);
	table_clear(&recipients.declined);
	ast_cli(fd, "\n");
	cli_table_write(&recipients.table, fd);
	ast_cli(fd, "Offered to %zu, declined by %zu\n", names_count(snapshot->recipients),
		names_count(snapshot->declined));
}

char *cli_show_channel(int fd, int argc, const char *const *argv)
{
	struct broadcast_snapshot snapshot;
	struct line line;

	if (argc != 4) {
		return CLI_SHOWUSAGE;
	}
	line.broadcast = registry_get(broadcasts, argv[3]);
	if (!line.broadcast) {
		return tell_unknown(fd, argv[3]);
	}
	line.offer = broadcast_data(line.broadcast);
	broadcast_get_snapshot(line.broadcast, &snapshot);
	tell_call(fd, &line, &snapshot);
	show_recipients(fd, &line, &snapshot);
	broadcast_snapshot_clear(&snapshot);
	broadcast_unref(line.broadcast);
	return CLI_SUCCESS;
}

char *cli_withdraw(int fd, int argc, const char *const *argv)
{
	char shown[PRINTABLE_SIZE];

	if (argc != 3) {
		return CLI_SHOWUSAGE;
	}
	printable(argv[2], shown, sizeof(shown));
	switch (withdraw(argv[2])) {
	case BROADCAST_OK:
		ast_cli(fd, "Call '%s' is withdrawn: its dialplan goes on\n", shown);
		return CLI_SUCCESS;
	case BROADCAST_TAKEN:
		ast_cli(fd, "Call '%s' is not withdrawn: an application has claimed it\n", shown);
		return CLI_SUCCESS;
	default:
		ast_cli(fd, "No call '%s' is on offer. The calls: broadcast show\n", shown);
		return CLI_SUCCESS;
	}
}

/*!
 * \brief Whether an ID can be typed as it is. Who places calls by ARI may choose any.
 *
 * What completes a word goes to the terminal as it is, and a blank in it would begin the next word.
 */
static int is_typed_as_it_is(const char *id)
{
	for (; *id; id++) {
		if (*id <= ' ' || *id >= 0x7f || *id == '"' || *id == '\\') {
			return 0;
		}
	}
	return 1;
}

/*! \brief Complete the ID of a broadcast. */
static void complete(const char *word, int is_open)
{
	size_t count;
	struct broadcast **list = registry_list(broadcasts, &count);
	const size_t length = strlen(word);
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const char *id = broadcast_channel_id(list[i]);

		/* So many that there is nothing to choose from on a screen. */
		if (found < CLI_MOST_ROWS && !strncasecmp(id, word, length) && is_typed_as_it_is(id) &&
			(!is_open || broadcast_state(list[i]) == BROADCAST_OPEN)) {
			found += !ast_cli_completion_add(ast_strdup(id));
		}
		broadcast_unref(list[i]);
	}
	ast_std_free(list);
}

void cli_complete_open(const char *word)
{
	complete(word, 1);
}

void cli_complete_any(const char *word)
{
	complete(word, 0);
}
