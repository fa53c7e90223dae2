/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_HTTP_RESPONSE_H
#define ARI_RACE_HTTP_RESPONSE_H

/*! \file
 * \brief As much of an HTTP/1.1 response as Asterisk's answers need: status, length, keep-alive and
 * the beginning of the body. Fed with the pieces that the socket gives.
 *
 * The server may be anything: no response takes more than this struct, and each comes to an end or is
 * refused.
 */

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LINE_MAX 512         /* of a line that matters; of others the rest is dropped */
#define HTTP_HEAD_MAX (64 * 1024) /* bytes of all header lines */
#define HTTP_BODY_MAX (1024 * 1024)
#define HTTP_BODY_KEPT 1024

struct http_response {
	enum {
		HTTP_IN_STATUS,
		HTTP_IN_HEADERS,
		HTTP_IN_BODY,
		HTTP_DONE
	} state;
	int status;
	bool close;        /*!< the server ends the connection after this response */
	bool until_close;  /*!< no length given: the body ends with the connection */
	size_t head_size;  /*!< bytes of the header so far, with those of any "100 Continue" before */
	size_t body_size;  /*!< as announced */
	size_t body_taken; /*!< bytes of the body so far */
	size_t line_len;
	bool line_cut;            /*!< the line being read is longer than what is kept of it */
	char line[HTTP_LINE_MAX]; /*!< the line being read */
	size_t body_len;
	char body[HTTP_BODY_KEPT]; /*!< the first bytes of the body, ends in a NUL */
	const char *wrong;         /*!< after -1: what is wrong with it */
};

/*! \brief Begin a response. */
void http_response_init(struct http_response *response);

/*!
 * \brief Take in bytes up to the end of the response.
 * \return how many bytes were used (fewer than \a len only when the response is done);
 * \retval -1 if this is no HTTP/1.x response, one in chunks, or a larger one than Asterisk ever sends;
 *         response->wrong says it. Nothing more may be fed then.
 */
long http_response_feed(struct http_response *response, const char *bytes, size_t len);

#endif /* ARI_RACE_HTTP_RESPONSE_H */
