/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The help text.
 */

#include "options.h"

#include <stdio.h>

static const char text[] =
	"Usage: ari-race [OPTION]...\n"
	"Load generator and race tester for ARI broadcasts: plays applications that claim calls, makes the calls,\n"
	"and measures who got what and when.\n"
	"\n"
	"Asterisk\n"
	"  --url URL                http://HOST[:PORT][/PREFIX]              (http://127.0.0.1:8088)\n"
	"  --user NAME[:PASSWORD]   ARI user; or ARI_RACE_LOGIN=NAME:PASSWORD in the environment (ari:ari)\n"
	"  --password PASSWORD      if not in one of these\n"
	"NATS (a fleet, with res_stasis_broadcast_nats.so)\n"
	"  --nats URL[,URL]         applications hear offers and claim over NATS, as nats://127.0.0.1:4222, and open a\n"
	"                           WebSocket when they have won; --url may be several then: calls are made at each in turn\n"
	"  --nats-prefix PREFIX     what all subjects begin with             (sb.v1)\n"
	"Applications\n"
	"  --apps N                 how many, named PREFIX1 to PREFIXN       (3)\n"
	"  --app-prefix PREFIX      (race-)\n"
	"  --apps-per-connection K  that share one WebSocket                 (1)\n"
	"  --claimers WHO           N: the first N; all; random:K: K of them, chosen for each call again (all)\n"
	"  --decliners N            decline every call (needs /ari/broadcasts)  (0)\n"
	"  --stalled N              connect and never read                   (0)\n"
	"  --stalled-buffer BYTES   socket buffer of these                   (the system's)\n"
	"  --think MS               from offer to claim or decline           (0)\n"
	"  --spread MS              more or less by up to so much            (0)\n"
	"  --think-sigma S          think times are lognormal: median --think, sigma S (0)\n"
	"  --bid                    claimers bid, with a score at random (needs /ari/broadcasts)\n"
	"  --hold MS                from StasisStart to hang-up              (0)\n"
	"  --seed N                 repeats what is left to chance           (1)\n"
	"  --rest MS                from when all are connected to the first call (0)\n"
	"Calls\n"
	"  --calls-from WHERE       originate: ari-race makes them; elsewhere: it only answers (originate)\n"
	"  --calls N                how many        (100 if it makes them and there is no --duration)\n"
	"  --rate R                 per second      (10 if there is no --concurrency)\n"
	"  --concurrency N          at most so many at once\n"
	"  --duration S             make, or answer, new calls for so long\n"
	"  --endpoint LOCAL         Local/EXTENSION@CONTEXT that runs StasisBroadcast (Local/offer@ari-race)\n"
	"  --other EXT@CONTEXT      where the other half of the Local channel goes    (other@ari-race)\n"
	"  --timeout MS             how long a call is on offer  (5000)   RACE_TIMEOUT in the dialplan\n"
	"  --filter REGEX           which applications           (all)    RACE_FILTER\n"
	"  --args LIST              for StasisStart, with colons          RACE_ARGS\n"
	"  --notify                 CallClaimed is wanted                 RACE_NOTIFY\n"
	"  --variable NAME=VALUE    one more for the dialplan; repeatable\n"
	"HTTP\n"
	"  --claims-over HOW        http; or websocket: the application's own (http)\n"
	"  --http-connections N     for claims and declines (one for each claimer and decliner, at most 200)\n"
	"  --answer-timeout MS      then a request counts as unanswered      (10000)\n"
	"  --settle MS              quiet time at the end, for late offers   (1000)\n"
	"Output\n"
	"  --json FILE              the report for programs\n"
	"  --history FILE           one line of JSON for all that the clients did and heard\n"
	"  --quiet                  no live line\n"
	"  --help, --version\n"
	"\n"
	"Ten applications race for 500 calls, 50 a second:\n"
	"  ari-race --apps 10 --calls 500 --rate 50\n"
	"One application works while twenty do not read; SIPp makes the calls:\n"
	"  ari-race --apps 21 --stalled 20 --calls-from elsewhere --duration 60 --json stalled.json\n"
	"A thousand workers of a fleet of two:\n"
	"  ari-race --nats nats://192.0.2.9:4222 --url http://192.0.2.1:8088,http://192.0.2.2:8088 --apps 1000 --rate 20\n"
	"\n"
	"The dialplan that it calls is in its sample extensions.conf. Exit status: 0 all rules held; 1 a rule was\n"
	"broken (two winners, a 204 without StasisStart); 2 bad arguments; 3 Asterisk could not be reached or went\n"
	"away. See ari-race(1) for what is measured from when to when.\n";

void usage_print(void)
{
	fputs(text, stdout);
}
