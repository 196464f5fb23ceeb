package export

import "fmt"

// english holds every sentence and label that this package writes. Another
// language is another map with the same keys; the tests check that no key is
// missing and none is left over.
var english = map[string]string{
	"lead": "A lead, not a finding: these are reasons to look, not proof. The load patterns named here are consistent with mining; other causes are possible.",
	"fee":  "The charge is a fee for digital mining, called tax (fee) here. Amounts are estimates from meter data, not an assessment.",

	"run": "Run", "program": "Program", "asof": "As of", "zone": "Local time", "period": "Period of the data",
	"total": "Total", "skip": "Skip to the list", "none": "none", "to": "to",
	"lowhigh": "%s to %s", "unknown": "unknown",

	"book.sites": "Sites proposed for a visit", "book.statement": "Statement of unpaid tax (fee) by site and quarter",
	"book.rows": "Rows", "book.cut": "%d of %d, the first; a sheet holds no more, the CSV file has all", "book.column": "Column", "book.unit": "Unit", "book.meaning": "Meaning",
	"book.local":    "Instants in this workbook are local time in the zone named above; in the CSV file they are UTC.",
	"book.formulas": "unpaid_kwh = MAX(0, mining_kwh - declared_kwh) and tax_kzt = ROUND(unpaid_kwh * rate_kzt_kwh, 2) are formulas where they yield the stated value. The low and high columns use the ends of the energy's interval and the lower and higher reading of the rate. A missing rate is not confirmed for that quarter: the tax is then unknown, and 0 stands in the sums.",

	"month.01": "Jan", "month.02": "Feb", "month.03": "Mar", "month.04": "Apr", "month.05": "May", "month.06": "Jun",
	"month.07": "Jul", "month.08": "Aug", "month.09": "Sep", "month.10": "Oct", "month.11": "Nov", "month.12": "Dec",
	"daymonth": "%d %s", "monthyear": "%s %d",

	"finding.unregistered":           "Unregistered",
	"finding.before_notification":    "Before notification",
	"finding.after_termination":      "After termination",
	"finding.under_declared":         "Under-declared",
	"finding.over_declared_capacity": "Over declared capacity",
	"finding.bypass_suspected":       "Bypass suspected",
	"finding.unexplained":            "Unexplained load",

	"long.unregistered":           "Load pattern consistent with mining; nobody answerable for the site was in the registry at that time.",
	"long.before_notification":    "Load pattern consistent with mining before the entity gave notice.",
	"long.after_termination":      "Load pattern consistent with mining after the entity reported its end.",
	"long.under_declared":         "A registered entity whose metered load pattern is consistent with more mining energy than it declared.",
	"long.over_declared_capacity": "A registered entity whose load pattern is consistent with more mining power than it declared.",
	"long.bypass_suspected":       "More energy entered the feeder than its meters account for.",
	"long.unexplained":            "The load is unusual. Mining was not shown.",

	"match.match": "Matched", "match.possible": "Possible match, to be checked by a person", "match.none": "No match",

	"report.title":   "Sites proposed for a visit",
	"report.summary": "This run", "report.limits": "What could not be said in this run", "report.nolimits": "Nothing was noted.",
	"report.absent": "Datasets of which nothing came", "report.list": "Ranked list", "report.sites": "Site by site", "report.guide": "How to read this page",
	"report.map":   "Map",
	"map.key":      "Where the proposed sites lie, north up; a larger dot is more power, a fuller one more probable, its number the rank. Degrees only: no borders of free licence show the regions of 2022.",
	"map.missing":  "%s sites have no coordinates and are not drawn.",
	"map.dot":      "Rank %s, site %s, probability %s %%, %s kW",
	"report.empty": "No site is proposed for a visit in this run.",

	"count.proposed": "sites proposed, of %s judged", "count.wrong": "of them expected to be wrong, by their own probabilities",
	"count.kw": "kW estimated mining power", "count.kwh": "kWh above the declared energy", "count.tax": "KZT unpaid tax (fee); sums of the sites' lows and highs: %s to %s",
	"count.breaches": "breaches of registry rules", "count.telecom": "endpoints and %s subscribers seen in traffic",
	"count.quality": "rows accepted, of %s read; %s duplicates, %s refused", "quality.link": "What came in, what was refused and why",

	"filter.label": "Filter the list", "filter.text": "Text", "filter.region": "Region", "filter.finding": "Finding", "filter.all": "all",
	"filter.reset": "Show all", "filter.shown": "%s of %s sites shown", "sort.by": "Sort by %s",

	"col.rank": "Rank", "col.site": "Site", "col.region": "Region", "col.finding": "Finding", "col.probability": "Probability",
	"col.kw": "Mining kW", "col.since": "Since", "col.kwh": "Mining kWh", "col.tax": "Tax (fee) KZT",
	"list.caption": "Best visit first. Small figures are 90 % intervals; those of the tax (fee) span the readings of the rate as well. A site leads to its section below.",

	"site.probability": "Probability that the site mined", "site.period": "Period", "site.power": "Mining power while on", "site.energy": "Mining energy",
	"site.declared": "Declared energy", "site.unpaid": "Above the declared", "site.tax": "Unpaid tax (fee)", "site.place": "Place", "site.bin": "BIN or IIN",
	"site.registry": "Registry", "site.coverage": "Load measured", "site.kinds": "Kinds of evidence", "site.visit": "Trip", "site.order": "stop %d",
	"site.limits": "What limits this", "site.dossier": "Printable dossier", "site.top": "Back to the list", "site.rank": "Rank %d",
	"site.hours": "%s %% of the hours",

	"chart.head": "Load by day and hour, and mean load by day", "chart.none": "No hourly load to draw for this site.",
	"chart.begin": "begin", "chart.end": "end",
	"chart.words":    "Load from %s to %s, local time.",
	"chart.before":   "Mean before the block %s kW.",
	"chart.nobefore": "The block began before the data.",
	"chart.during":   "Mean in the block %s kW, expected without it %s kW.",
	"chart.only":     "Mean in the block %s kW.",
	"chart.nodata":   "no reading",
	"chart.missing":  "%s %% of the hours are missing.",
	"chart.top":      "%s kW or more", "chart.zero": "0",
	"chart.legend": "Colour: mean power of the hour. Hatched: missing. Solid line: mean load. Dashed line: expected without the block. Shaded: the block.",
	"chart.bins":   "A column of the raster is %d d, a point of the line %d d.",

	"water.head": "What the probability is made of", "water.evidence": "Evidence", "water.adds": "Adds to the log-odds", "water.prior": "Starting point, before any evidence of this site",
	"water.result": "Sum: a probability of %s\u00a0%%", "water.uncounted": "not counted: stronger evidence of the same kind stands for it",
	"water.none": "No terms were given for this site.", "water.withheld": "Could not speak",

	"tax.head": "Tax (fee) arithmetic", "tax.none": "No calculation was made for this site.",

	"tax.quarter": "Quarter", "tax.mining": "Mining kWh", "tax.rate": "KZT/kWh", "tax.declared": "Declared kWh", "tax.unpaid": "Unpaid kWh", "tax.amount": "Tax (fee) KZT", "tax.basis": "Rates", "tax.more": "%d further lines are in the dossier.", "tax.norate": "not confirmed",

	"guide.rank":   "The list is in the order of the value of a visit. A probability is meant as a frequency: of a hundred sites shown with 80 %, about 80 are expected to have mined.",
	"guide.raster": "In the raster each column is one or more days from left to right and each row an hour of the local day, midnight at the top. Labels stand where their month begins. A load that begins and stays shows as a change of colour over all hours, or over the hours in which it runs.",
	"guide.bars":   "Bars add up from the starting point to the sum. Bars to the right speak for mining, bars to the left against. A log-odds of 0 is a probability of 50 %; each 2.3 more is ten times the odds.",
	"guide.clear":  "What would clear a site stands in its dossier.",

	"dossier.title": "Site %s", "dossier.head": "Dossier for a visit", "dossier.case": "Case", "dossier.evidence": "Evidence in full",
	"dossier.detector": "Detector", "dossier.when": "Period", "dossier.statistic": "Statistic", "dossier.n": "n", "dossier.p": "p-value", "dossier.lr": "Log ratio", "dossier.kw": "kW",
	"dossier.clear":   "What would clear this site",
	"dossier.clear.1": "A notice or licence that was valid at the time, of the holder or of the infrastructure provider that hosts the equipment.",
	"dossier.clear.2": "Another steady load that began at the same time: servers, cold store, pumps, electric heating, greenhouse light, telecom equipment.",
	"dossier.clear.3": "A changed meter, multiplier or wiring, or a meter assigned to the wrong account.",
	"dossier.clear.4": "A new tenant, or a registered miner behind the same connection.",
	"dossier.clear.5": "Where traffic speaks: an address shared by several subscribers at that time.",
	"dossier.quality": "Data behind this dossier", "dossier.coverage": "%s h from %s to %s: %s %% measured, %s %% estimated by the sender, %s gaps, the longest %s h.", "dossier.nocoverage": "No interval readings.",
	"dossier.visit": "To be filled in on the visit", "dossier.outcome": "Outcome (tick one)", "dossier.checklist": "Checklist", "dossier.signatures": "Signatures",
	"dossier.account": "Account", "account.oked": "activity %s", "account.tariff": "tariff group %s", "account.feeder": "feeder %s",
	"account.connected": "connected on %s", "account.contracted": "permitted power %s kW", "account.voltage": "%s kV",
	"blank.act": "Act number", "blank.actdate": "Date of the act", "blank.registered": "Registration of the visit, number and date", "blank.checklist": "Checklist version",
	"blank.team": "Team", "blank.time": "On site from, to", "blank.meter": "Meter and seal number", "blank.kw": "Power found, kW", "blank.devices": "Devices found", "blank.photos": "Photos, numbers",
	"outcome.1": "Mining confirmed, unregistered", "outcome.2": "Mining confirmed, registered", "outcome.3": "No mining, other load (which):", "outcome.4": "Equipment removed",
	"outcome.5": "Meter or data fault", "outcome.6": "Address wrong", "outcome.7": "No access", "outcome.8": "Postponed",
	"check.1": "Meter number and multiplier agree with the account", "check.2": "Power read at the meter and written down", "check.3": "Steady load found and named",
	"check.4": "Notice, licence or hosting contract asked for", "check.5": "Other explanations above tested, each", "check.6": "Holder heard and the answer written down",
	"sign.inspector": "Inspector", "sign.second": "Second person", "sign.holder": "Holder or representative",

	"quality.title": "Data quality", "quality.files": "Files", "quality.file": "File", "quality.dataset": "Dataset", "quality.format": "Format", "quality.read": "Rows read",
	"quality.accepted": "Accepted", "quality.duplicates": "Duplicates", "quality.refused": "Refused", "quality.superseded": "Corrected later", "quality.kwh": "kWh", "quality.why": "Reasons and warnings",
	"quality.nofiles": "No file was taken in.", "quality.balance": "Rows read = accepted + duplicates + refused holds for every file.",
	"quality.unbalanced":  "Rows do not add up in %s files: results of this run must not be used before that is understood.",
	"quality.notbalanced": "does not add up", "quality.where": "refused rows in",
	"quality.coverage": "Coverage of the sites", "quality.nocoverage": "No site has interval readings.",
	"quality.covered": "%s sites with interval readings. Less than 90 %% measured: %s. Less than half: %s. With values estimated by the sender: %s. With gaps: %s.",
	"quality.worst":   "The least covered first.", "quality.more": "%s further sites are in quality.json.",
	"quality.from": "From", "quality.until": "Until", "quality.hours": "Hours", "quality.measured": "Measured %", "quality.estimated": "Estimated %", "quality.gaps": "Gaps", "quality.longest": "Longest gap, h", "quality.note": "Note",
	"quality.absent": "Datasets of which nothing came, and what that means", "quality.noabsent": "Something came for every dataset.", "quality.checks": "Further checks",
	"quality.report":   "Sites proposed for a visit",
	"quality.refusals": "Refused rows by reason", "quality.reason": "Reason", "quality.rows": "Rows", "quality.infiles": "Files", "quality.norefusals": "No row was refused.",
	"quality.reconciled": "Reconciliation", "quality.lake": "In the lake", "quality.lakekwh": "kWh in the lake", "quality.readkwh": "kWh read", "quality.correctedkwh": "kWh corrected", "quality.duplicatekwh": "kWh of duplicates", "quality.missing": "Unaccounted",
	"quality.sums":    "Rows read = in the lake + corrected + duplicates + refused, and kWh read = in the lake + corrected + duplicates. What is in the lake was counted there, not taken from the account of the files.",
	"quality.nosums":  "Rows or energy are unaccounted for: results of this run must not be used before that is understood.",
	"quality.changes": "Newest file against the one before it", "quality.newest": "Newest", "quality.before": "Before",
	"quality.months": "Sites by month and share of the hours with a value", "quality.monthwords": "From %s to %s; at most %s sites in a month.",
	"quality.full": "at least 90 %", "quality.part": "50 to 90 %", "quality.little": "less than half", "quality.bymonth": "By month", "quality.strip": "The bars show each month from %s to %s, as high as the share of its hours with a value; blue from 90 %% on.",
}

// text returns the message of a key with its arguments filled in, and the key
// itself if there is no such message.
func text(key string, args ...any) string {
	m, ok := english[key]
	switch {
	case !ok:
		return key
	case len(args) == 0:
		return m
	}
	return fmt.Sprintf(m, args...)
}

// label returns the message of a code that comes with the data, and the code
// itself if it is none of ours.
func label(group, code string) string {
	if m, ok := english[group+"."+code]; ok {
		return m
	}
	return code
}
