// SPDX-License-Identifier: GPL-2.0-only
// Values about TLS: what was offered, what came back.
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "values_internal.h"

static bool sni(const struct values_of *of, char *out, size_t out_len)
{
	struct tls_client_hello hello;

	if (!exchange_client_hello(&of->probe->exchange, &hello) || !hello.sni[0])
		return false;
	escape_text(hello.sni, strlen(hello.sni), out, out_len);
	return true;
}

static bool tls_offer(const struct values_of *of, char *out, size_t out_len)
{
	return exchange_offer_words(&of->probe->exchange, out, out_len) ||
	       value_put(out, out_len, "ClientHello");
}

/* Without a word in answer the service may have another reason to hang up. */
static bool hangs_up(const struct values_of *of, char *out, size_t out_len)
{
	(void)out_len;
	out[0] = 0;
	return !of->probe->exchange.said[TO_PROBER].len;
}

static bool mismatch_words(const struct values_of *of, char *out, size_t out_len)
{
	const struct stream *answer = &of->probe->exchange.said[TO_PROBER];
	bool reset = of->probe->attempt.bits & (E(RESET_ACTIVE) | E(RST_OUT));
	unsigned int port = probe_service(of->probe)->dport;
	char quote[VALUE_QUOTE_LEN], who[160];

	value_service_words(of, who, sizeof(who));
	if (answer->len)
		snprintf(out, out_len, "%s on port %u does not: it answered %s", who, port,
			 value_quote(answer->data, answer->len, quote, sizeof(quote)));
	else
		snprintf(out, out_len,
			 "%s on port %u %s at its ClientHello: it does not speak TLS, or refuses "
			 "this client",
			 who, port, reset ? "reset the connection" : "closed the connection");
	return true;
}

static void alert_name(const struct tls_alert *alert, char *out, size_t out_len)
{
	const char *name = tls_alert_name(alert->description);

	snprintf(out, out_len, "the TLS alert %s (%u)", name ? name : "not known",
		 alert->description);
}

static bool tls_hint(const struct values_of *of, char *out, size_t out_len)
{
	const struct stream *answer = &of->probe->exchange.said[TO_PROBER];
	char quote[VALUE_QUOTE_LEN];

	if (of->probe->attempt.bits & E(SERVER_ALERT))
		alert_name(&of->probe->exchange.alert, out, out_len);
	else
		snprintf(out, out_len, "%s, as TLS ports answer plain HTTP",
			 value_quote(answer->data, answer->len, quote, sizeof(quote)));
	return true;
}

static bool alert_words(const struct values_of *of, char *out, size_t out_len)
{
	evidence_t bits = of->probe->attempt.bits;
	char alert[80], who[160];

	alert_name(&of->probe->exchange.alert, alert, sizeof(alert));
	value_service_words(of, who, sizeof(who));
	if (bits & E(SERVER_ALERT))
		snprintf(out, out_len, "%s sent %s", who, alert);
	else if (bits & E(PROBER_ALERT))
		snprintf(out, out_len, "the prober sent %s", alert);
	else if (bits & E(PROBER_REFUSED))
		snprintf(out, out_len, "the prober refused what %s sent, with an encrypted alert",
			 who);
	else if (bits & E(SERVER_FIN) || !(of->probe->exchange.is_tls13))
		snprintf(
			out, out_len, "%s ended the connection %s", who,
			bits & E(TLS_ENCRYPTED)
				? "at its end, without an answer: it refuses what the prober sent, "
				  "as a missing client certificate"
				: "in the middle of it");
	else
		snprintf(out, out_len, "%s reset the connection during it", who);
	return true;
}

/* RFC 8446, section 6.2 */
static const char *alert_fix(uint8_t description, bool by_server)
{
	switch (description) {
	case 40: /* handshake_failure */
	case 71: /* insufficient_security */
		return "allow a cipher or curve that the prober offers in the service's TLS "
		       "settings";
	case 70: /* protocol_version */
	case 86: /* inappropriate_fallback */
		return "allow a TLS version that the prober offers in the service's TLS settings";
	case 112: /* unrecognized_name */
		return "give the check the domain that the service has a certificate for, or serve "
		       "a default one";
	case 116: /* certificate_required */
		return "the service wants a client certificate: exempt the check, or check another "
		       "port";
	case 120: /* no_application_protocol */
		return "offer and accept the same protocol (ALPN: h2, http/1.1) on both sides";
	case 42: /* bad_certificate */
	case 43: /* unsupported_certificate */
	case 44: /* certificate_revoked */
	case 45: /* certificate_expired */
	case 46: /* certificate_unknown */
	case 48: /* unknown_ca */
		return by_server
			       ? "the service does not accept the prober's certificate: exempt the "
				 "check"
			       : "the prober does not accept the service's certificate (expired, "
				 "other "
				 "name, unknown issuer): renew it, or have the check not verify it";
	default:
		return "look at the service's log at that time: it names the reason";
	}
}

static bool tls_fix(const struct values_of *of, char *out, size_t out_len)
{
	evidence_t bits = of->probe->attempt.bits;

	if (bits & (E(SERVER_ALERT) | E(PROBER_ALERT)))
		return value_put(
			out, out_len,
			alert_fix(of->probe->exchange.alert.description, bits & E(SERVER_ALERT)));
	if (bits & E(PROBER_REFUSED))
		return value_put(
			out, out_len,
			"most often the certificate (expired, other name, unknown issuer): "
			"renew it, or have the check not verify it");
	if (bits & E(TLS_ENCRYPTED))
		return value_put(out, out_len, alert_fix(116, true)); /* certificate_required */
	return value_put(out, out_len, alert_fix(80, true));	      /* internal_error */
}

/* A healthy one. */
bool value_tls_exchange(const struct values_of *of, char *out, size_t out_len)
{
	const struct exchange *x = &of->probe->exchange;
	const struct stream *answer = &x->said[TO_PROBER];
	uint16_t version = tls_server_version(answer->data, answer->len);
	const char *name = version ? tls_version_name(version) : NULL;

	if (!name)
		name = "TLS";
	if (!(of->probe->attempt.bits & E(TLS_ENCRYPTED)) && of->probe->attempt.bits & E(CAPTURE) &&
	    exchange_lacks(x))
		snprintf(out, out_len,
			 "%s handshake answered; not all of it was captured (tcpdump -s 0): what "
			 "followed could not be read",
			 name);
	else if (!(of->probe->attempt.bits & E(TLS_ENCRYPTED)))
		snprintf(out, out_len, "%s handshake answered, nothing more was asked", name);
	else
		snprintf(out, out_len,
			 "%s handshake, then encrypted data %s: the status code could "
			 "not be read",
			 name, x->encrypted ? "both ways" : "from the prober");
	return true;
}

const struct value values_tls[] = {
	{"sni", sni},
	{"tls_offer", tls_offer},
	{"?hangs_up", hangs_up},
	{"mismatch_words", mismatch_words},
	{"tls_hint", tls_hint},
	{"alert_words", alert_words},
	{"tls_fix", tls_fix},
	{NULL, NULL},
};
