package i18n

import (
	"strings"
	"testing"
)

// What detectors, verdicts, the tax calculation and the quality account may say,
// one example each, with values as they come. A new sentence is added here and,
// in the two languages, to phrases.tsv.
var sentences = []string{
	// Electricity.
	"base load is 95 % of the mean; 3 % of 40 sites of the same activity (education) are at least as flat",
	"the load fell by 12.1 kW (30 %) while the internet was shut down nationwide, from 2022-01-05 to 2022-01-10; of 50 other weeks 3 % fell as much",
	"the load fell by 12.1 kW (30 %) while supply to miners was cancelled by order, from 2022-01-24 to 2022-01-31; of 50 other weeks 3 % fell as much",
	"the load changed by 4 % while supply was out, as in other weeks (p 0.40)",
	"the load changed by 4 % while power was dear, as in other weeks (p 0.40)",
	"the load changed by 4 % while supply was cut by order of the grid operator, as in other weeks (p 0.40)",
	"6.8 kW were added round the clock from 2022-03-01 09:00 on, and within 4 days at the other meter of this place or holder, in the same hours: edge t 9.3 here",
	"6.8 kW were added round the clock from 2022-03-01 09:00 to 2022-10-02 11:00, and within 4 days at 2 of the other 3 meters of this place or holder, in the same hours: edge t 9.3 here",
	"meter fault, stuck register: the same value from 2022-03-01 09:00 to 2022-04-02 10:00",
	"meter fault, stuck register: the same value from 2022-03-01 09:00 on",
	"meter fault, stuck register: the same value from 2022-03-01 09:00 to 2022-04-02 10:00, and then the energy at once",
	"meter fault, readings times a factor: 10.2 times the readings before, in every hour alike, from 2022-03-01 00:00 to 2022-04-02 00:00; the power that seems to be added rests on it and does not count",
	"meter fault, readings times a factor: 0.1 times the readings before, in every hour alike, from 2022-03-01 00:00 on",
	"meter fault, meter replaced: no readings from 2022-03-01 09:00 to 2022-03-04 10:00, and 1.5 times those before after it, in every hour alike",
	"meter fault, clock shift: the course of the day comes 3 h later from 2022-03-01 00:00 on",
	"meter fault, clock shift: the course of the day comes 1 h earlier from 2022-03-01 00:00 on",
	"meter fault, meters swapped: from 2022-03-01 00:00 on it shows what another meter of this place or holder showed before, and that one what it showed",
	"meter fault, estimated readings: no measured values from 2022-03-01 09:00 to 2022-04-02 10:00",
	"meter fault, estimated readings: no measured values from 2022-03-01 09:00 on",
	"less than 60 days of hourly data",
	"too few hours with a known week before them, or a constant load",
	"no hour at which power could have been added",
	"the site used nothing",
	"fewer than 20 sites of the same activity to compare with",
	"feeder F-1 is in balance: no block stands out in its loss",
	"2 of 4 sites below feeder F-1 have no hourly readings",
	"no billing period with energy",
	"9 billing periods are too few to compare with the year before",
	"monthly bills show no added power: the best candidate is 3.2 kW from 2022-03-01, 1.4 times its scale",
	"monthly bills only: against the year before, 12.0 kW more from about 2022-03-01 on, 7.1 times its scale; a month shows no hours, so this is weak",
	// Traffic.
	"no flows of this client",
	"no flows and no DNS queries of this client",
	"the flows cover 10 h, fewer than 24 h",
	"UDP tunnel to 192.0.2.1 port 51820 that carries 40 B/s evenly (hourly variation 0.10, night to day 1.00) for 200 h: miners behind a VPN look like this",
	"UDP tunnel to 192.0.2.1 port 51820 that carries 40 B/s evenly (sampled packets on 14 days, night to day 1.00) for 200 h: miners behind a VPN look like this",
	"192.0.2.1 port 443 sends more when a block is found: 6.1 standard errors in 672 records (p 0.0001 for the best of 5 contacts); pools do, and wallets and explorers",
	"192.0.2.1 port 443 sends large packets when a block is found: 3 of 4 sampled ones within 30 s of one or 5 s of a job that a listed pool sent another client, by chance 0.4 (p 0.0085 for the best of 2 contacts); pools do, and some displays and bots",
	"192.0.2.1 port 443 sends large packets when a block is found: 13 of 14 sampled ones (10 to other clients) within 30 s of one or 5 s of a job that a listed pool sent another client, by chance 1.4 (p 0.0001 for the best of 2 contacts); pools do, and some displays and bots",
	"UDP tunnel to 192.0.2.1 port 51820 that carries 40 B/s evenly (sampled packets on 14 days, night to day 1.00) for 200 h: miners behind a VPN look like this; 3 large packets from its server where a pool of Bitcoin's sends 20 when blocks are found (-0.9)",
	"steady session consistent with mining at 192.0.2.1 port 443, open for 336 h: 30 B/s, 150/150 B a packet (+0.4), 3 large packets from its server where a pool of Bitcoin's sends 20 when blocks are found (-0.9)",
	"3 of the 3 clients of 192.0.2.1 port 3333 hold steady sessions with it that are shaped like Stratum, without a name: it may be a private pool or a relay",
	"3 of the 3 clients of 192.0.2.1 port 3333 hold steady sessions with it that are shaped like Stratum, without a name, 2 of them with several equal sessions at once: it may be a private pool or a relay",
	"name of a pool looked up: btc.example.org (Poolin), 12 queries on 3 days, but no session with it in the flows",
	// Visits, counter-evidence, limits.
	"the visit of 2024-01-15 found mining of 64.0 kW",
	"the visit of 2024-01-15 found no mining, and nothing has begun since",
	"the visit of 2024-01-15 found no mining; what load/block sees began after it",
	"less than 48 hours with traffic",
	"the site's network was watched for 10 days, 240 hours with traffic, and nothing in it looks like mining",
	"the meter's block of 12.0 kW against at least 9.8 kW of devices in the network: they agree",
	"the meter's block of 12.0 kW against at least 9.8 kW of devices in the network: a proxy may hide more devices",
	"the meter's block of 6.0 kW against at least 9.8 kW of devices in the network: rather little for them",
	"the meter's block of 2.0 kW against at least 9.8 kW of devices in the network: too little for them",
	"the load falls by 2.8 kW when 192.0.2.1 port 443 is silent beyond its usual hours (correlation 0.32 in 290 h, as much on 0.3 % of 347 other days): it seems to be behind this meter",
	"the load does not follow the rests of the contacts (p 0.31 for the best of 2)",
	"the load does not cover the time of the flows",
	"the contact stops every night",
	"the contact does not rest beyond its usual hours while the line is up",
	"fewer than 100 days of load to compare with",
	"before any evidence 2 % of sites are taken to mine",
	"learnt from the outcomes of 12 visits: mining is 1.2 times more likely than prior and evidence say",
	"learnt from the outcomes of 12 visits: mining is 1.2 times less likely than prior and evidence say",
	"load evidence that adds up to +3.0 was worth +2.8 where the truth was known",
	"traffic evidence that adds up to +3.0 was worth +2.8 where the truth was known",
	"models leave things out: the probability is kept below 99.5 %",
	"only one kind of evidence speaks: the probability is kept below 90 %",
	"there are no hourly readings: the probability is kept below 70 %",
	// Notes of a verdict.
	"no hourly readings: nothing is known of the load's shape",
	"most energy was read in intervals longer than an hour, which are no evidence",
	"only 45 % of the hours are measured",
	"not proposed again: the last visit found no mining, and nothing has begun since",
	"only one kind of evidence speaks",
	"what the meter shows is a fault of the meter, so nothing is charged from it",
	"no begin is seen in the meter, so the energy cannot be estimated",
	"no confirmed rate for 3 quarters: energy is shown without tax (fee)",
	"12345 KZT of it fall in quarters that have lapsed",
	"possible registry match, to be checked by a person: 940140000385, another name in the same house",
	"mining ended on 2020-05-01, when nobody had to register (until 2020-10-15)",
	"in the register, but with no notice or licence that counted at the time",
	"mining on 12 days before the registration of 2022-03-01, from 2022-02-17",
	"mining on 12 days from 2022-02-17 to 2022-03-01 without a registration that held",
	"nothing declared for 2022Q1, 2022Q2",
	"at least 1234 kWh mined in the quarters due, 100 kWh declared",
	"less declared than mined in 2022Q1, 2022Q2",
	"at least 120 kW against 100 kW declared with expansion",
	"drawn by lot to keep hit rates honest: nothing is suspected of this site",
	"none: this is a random check, not a lead",
	// The tax (fee).
	"No mining energy was estimated; nothing is charged.",
	"limitation       5 years from the end of the quarter (size of the taxpayer by letter 17): open until 2027-12-31",
	"limitation       3 years from the end of the quarter: lapsed after 2025-12-31",
	"2023-08-25 is a day off; it is not moved, as no rule for that was seen",
	"price            unknown",
	// Quality.
	"No site is known by place, holder or activity: findings have no address, no holder and no peers, and every mine counts as unregistered.",
	"No interval readings: electricity speaks through monthly bills at most, and no mining energy or tax (fee) is calculated.",
	"No registry: nobody can be found answerable, so every mine counts as unregistered. Deliver the registry before acting on a finding.",
	"No declarations: nothing is set off against the tax (fee), and nobody is found to have declared too little.",
	"No quarterly reports: late or missing reports are not looked for.",
	"No flow records: traffic gives no evidence, and no restriction is proposed. One kind of evidence alone keeps probabilities low.",
	"No subscribers: addresses cannot be linked to sites.",
	"12 kWh in intervals longer than an hour",
	"3 sites have readings but are not in sites: they have no address, no holder and no peers",
	"3 rows name a site_id that is not in sites: 2 different",
	"billing: 3 rows name a site_id that is not in sites: 2 different.",
	"load/shape could not speak of 3 of 40 sites: the site used nothing.",
	"stuck register: 131 (sites: 3, most in KZ-2222 70, KZ-2259 59); kept as delivered, all in lake/reading_doubts",
	"readings times a factor: 2 (sites: 2, most in KZ-2222 1, KZ-2259 1); named as faults of the meter, which are no mines; their times are in the evidence",
	"readings: meters swapped: 2 (sites: 2, most in KZ-2222 1, KZ-2259 1); named as faults of the meter, which are no mines; their times are in the evidence.",
	"pools: 3 rows are of no use, the first: b2.",
	"refused: line 5: kwh: not a decimal number; write digits with a decimal point, without spaces or units",
	"refused: line 1: kwh: required column is missing; rename the column \"S2\" to \"kwh\"",
	"refused: line 1: kwh: required column is missing; readings needs the columns S2, kwh; the file has \"S2\" \"p\": rename them, or map them in ingest.mappings",
	"inbox/kwh: refused: line 1: damaged XML (unexpected EOF); ask the sender to deliver the file again.",
	"refused: unknown format; it looks like an old office document, or one with a password; save it as XLSX or CSV, without a password",
	"refused: unknown format; it looks like packed with bzip2; pack it with gzip or zstd",
	"refused: unknown format; it looks like a 7z archive; unpack it",
	"refused: unknown format; it looks like a PDF document; deliver the table as CSV",
	"refused: unknown format; it looks like XML of a kind that is not known; deliver the table as CSV",
	"refused: unknown format; it looks like UTF-16 text; save it as UTF-8",
	"1 rows: file: nfdump complains (File size error: corrupt file)",
	"12 rows: kwh: value with status 1, taken as missing",
	"traffic: 3 findings belong to an address that no lease, or more than one, names; they are in no site's evidence.",
}

// values of the examples that are names.
var names = strings.Fields("btc.example.org load/block load/shape b F-1 letter F kW UDP p KZ S2 readings flows dns sites site_id billing pools Poolin Stratum house KZT Q CSV traffic t site s")

func TestEverySentenceIsKnown(t *testing.T) {
	for _, s := range sentences {
		knows(t, s)
	}
}

// knows fails if a word of s stays English that is no name.
func knows(t *testing.T, s string) {
	t.Helper()
	for _, l := range Langs[1:] {
		said := Say(l, s)
		if left := latin(said, names...); len(left) > 0 {
			t.Errorf("%s: %q is left of %q: %q", l.Tag(), left, s, said)
		}
	}
}
