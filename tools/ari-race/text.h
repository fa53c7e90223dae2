/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_TEXT_H
#define ARI_RACE_TEXT_H

/*! \file
 * \brief Text that grows inside a buffer of fixed size: requests and lines of JSON are made of it.
 */

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *buf;      /*!< always ends in a NUL; borrowed */
	size_t len;     /*!< without the NUL */
	size_t size;    /*!< of the buffer */
	bool truncated; /*!< something did not fit; what is there is not to be used */
};

/*! \brief Start an empty text in \a buf, which has \a size bytes (at least 1). */
void text_init(struct text *text, char *buf, size_t size);

/*! \brief Append \a len bytes as they are. */
void text_add_bytes(struct text *text, const char *bytes, size_t len);

/*! \brief Append a string as it is. */
void text_add(struct text *text, const char *string);

/*! \brief Append as printf() does. */
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! \brief Append with everything percent-encoded that RFC 3986 does not call unreserved. */
void text_add_url(struct text *text, const char *string);

/*! \brief Append as a token of a subject of NATS, as docs/FLEET.md has it. */
void text_add_token(struct text *text, const char *string);

/*!
 * \brief Append as the inside of a JSON string, in ASCII only, so that it is valid wherever it is read and
 * harmless where it is shown: characters beyond ASCII as \c \\uNNNN, and a byte that is not UTF-8 as the
 * text \c \\xNN.
 */
void text_add_json(struct text *text, const char *string);

/*!
 * \brief Append as a terminal may show it: everything but printable ASCII as \c \\xNN. What comes from a
 * server could otherwise move the cursor, and forge lines.
 */
void text_add_printable(struct text *text, const char *string);

/*! \brief Whether a string is UTF-8 as RFC 3629 has it. */
bool text_is_utf8(const char *string);

/*! \brief Append \a len bytes in base64. */
void text_add_base64(struct text *text, const char *bytes, size_t len);

#endif /* ARI_RACE_TEXT_H */
