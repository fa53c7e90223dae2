/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The text that Prometheus reads: families of samples.
 *
 * Only this folder writes histograms: res_prometheus has counters and gauges. Numbers are written without the locale.
 */

#ifndef RES_STASIS_BROADCAST_PROMETHEUS_EXPOSITION_H
#define RES_STASIS_BROADCAST_PROMETHEUS_EXPOSITION_H

#include "asterisk.h"

#include "asterisk/strings.h"

#include "res_stasis_broadcast/stats_types.h"

/*! \brief What all our names begin with. */
#define EXPOSITION_PREFIX "asterisk_stasis_broadcast_"

/*!
 * \brief Begin a family: all its samples have to follow at once, and it may come only once in a scrape.
 *
 * \param output What is sent to Prometheus.
 * \param name The family's name without \ref EXPOSITION_PREFIX.
 * \param type counter, gauge or histogram.
 * \param help One line, without a backslash.
 *
 * \note As all of this file: any thread; takes no lock. Without memory the text ends early.
 */
void exposition_family(struct ast_str **output, const char *name, const char *type, const char *help);

/*!
 * \brief Write a sample that is a whole number.
 *
 * \param output What is sent to Prometheus.
 * \param name As above.
 * \param labels What is between the braces: name="value", with commas between them; "" for none. Values have to be
 *        constants, or made by exposition_label().
 * \param value The number.
 */
void exposition_number(struct ast_str **output, const char *name, const char *labels, uint64_t value);

/*! \brief Write a sample that is a time, in seconds. Parameters as above. \param ns The time in nanoseconds. */
void exposition_seconds(struct ast_str **output, const char *name, const char *labels, uint64_t ns);

/*! \brief Write a family that is a histogram. Parameters as above. */
void exposition_histogram(struct ast_str **output, const char *name, const char *help,
	const struct stasis_broadcast_histogram *histogram);

/*!
 * \brief Write a name as a label's value: no two names give the same.
 *
 * A byte that is not UTF-8 is told as \c \xNN, and so is a backslash that would else be read as the begin of one.
 *
 * \param name Anybody's text.
 *
 * \return The value with what Prometheus wants escaped, without the quotes around it; free it with ast_free(). NULL
 *         without memory.
 */
char *exposition_label(const char *name);

#endif /* RES_STASIS_BROADCAST_PROMETHEUS_EXPOSITION_H */
