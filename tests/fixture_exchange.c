// SPDX-License-Identifier: GPL-2.0-only
// What prober and service say to each other, byte by byte.
#include <string.h>

#include "fixture.h"
#include "tls_sample.h"

void fx_say(struct fixture *f, bool incoming, const void *data, size_t len)
{
	if (!incoming)
		fx_payload(f, false, data, len, FX_OUT_FIRST);
	fx_payload(f, incoming, data, len, incoming ? FX_ENTRY : FX_EXIT);
	f->sent[incoming] += (uint32_t)len;
}

/* Behind the sequence numbers that say nothing of it: those of the SYN and the SYN-ACK. */
void fx_piece(struct fixture *f, bool incoming, size_t offset, const char *text)
{
	const uint32_t sent = f->sent[incoming];

	f->sent[incoming] = (uint32_t)offset;
	fx_payload(f, incoming, text, strlen(text), incoming ? FX_ENTRY : FX_EXIT);
	f->sent[incoming] = sent;
}

void fx_say_captured(struct fixture *f, bool incoming, const char *text, size_t captured)
{
	const size_t len = strlen(text);
	struct ev_packet *p = fx_payload(f, incoming, text, len, incoming ? FX_ENTRY : FX_EXIT);

	p->cap_len = (uint16_t)(p->cap_len - len + captured);
	f->sent[incoming] += (uint32_t)len;
}

void fx_exchange(struct fixture *f, const char *request, const char *response)
{
	enum { FIN = 1, ACK = 16 };

	fx_connect(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_request(f, request);
	fx_respond(f, response);
	fx_send(f, FIN | ACK);
	fx_fin(f, true, FX_ENTRY);
}

void fx_tls_record(struct fixture *f, bool incoming, uint8_t type, size_t len)
{
	enum { CHANGE_CIPHER_SPEC = 20, HEADER = 5 };
	uint8_t data[1024] = {type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};

	assert_true(len <= sizeof(data) - HEADER);
	memset(data + HEADER, type == CHANGE_CIPHER_SPEC ? 1 : 0xaa, len);
	fx_say(f, incoming, data, HEADER + len);
}

void fx_tls_alert(struct fixture *f, bool incoming, uint8_t level, uint8_t description)
{
	const uint8_t data[] = {21, 3, 3, 0, 2, level, description};

	fx_say(f, incoming, data, sizeof(data));
}

void fx_tls_hello(struct fixture *f)
{
	fx_connect(f);
	fx_listener(f, "0.0.0.0", 80, "nginx");
	fx_say(f, true, tls_sample_client_13, sizeof(tls_sample_client_13));
}

void fx_tls_server_hello(struct fixture *f)
{
	fx_say(f, false, tls_sample_server_13, sizeof(tls_sample_server_13));
	fx_tls_record(f, false, 20, 1);
	fx_tls_record(f, false, 23, 900);
}
