package i18n

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func values(s string) []string {
	list := placeholder.FindAllString(s, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// fromLibraries is a value at the end, in parentheses: what a library or another
// program says in English, which translations leave out.
var fromLibraries = regexp.MustCompile(` \(\{\d\}\)$`)

// Every entry has all languages, with the same values in each.
func TestTablesAreComplete(t *testing.T) {
	for _, e := range phrases {
		for _, l := range Langs {
			if strings.TrimSpace(e[l]) == "" {
				t.Errorf("%q has no text in %s", e[English], l.Tag())
			}
			if want := values(e[English]); !slices.Equal(want, values(e[l])) && !slices.Equal(values(fromLibraries.ReplaceAllString(e[English], "")), values(e[l])) {
				t.Errorf("%q has the values %v in English and %v in %s", e[English], want, values(e[l]), l.Tag())
			}
		}
	}
}

// latinWords are names and units that stand in Russian and Kazakh texts as they are.
var latinWords = strings.Fields("CSV UTC MAX ROUND DNS IP unpaid_kwh mining_kwh declared_kwh tax_kzt rate_kzt_kwh low high n p t VIII site_id Stratum VPN Stratum-ға quality.json minewatch diff lake/reading_doubts sites visited_on outcome ingest outcomes sites.xlsx")

// formatWords are names of formats, programs, columns and settings in what parsers say.
var formatWords = strings.Fields("A N S V F E T Z z v o hhmm Acct-Session-Time Acct-Status-Type Address Start Stop Interim-Update DOCTYPE DPI EVE Green Button IANA IPFIX IPFIX-ке IPv ISO JSON NAT NEM NMI NetFlow PDF Parquet RADIUS README RFC SKAT Suricata UTF UTF- XLSX XML Zeek apt-get area billing columns conn constants csv datasets datetime day dns estimated measured missing fields files flows goflow gzip icmp tcp udp app inbox/dns inbox/flows inbox/subscribers inbox/tls inbox/readings inbox/feeder_readings inbox/kwh ingest.mappings install interval_min name_pattern nfcapd nfdump postNATSourceIPv ratio register_digits register_end register_start rsyslog sFlow sfcapd ssl time_format time_zone windows windows- Q zip zstd kwh bzip")

// latin returns the words of s in Latin letters that are neither of the program's
// names nor among more.
func latin(s string, more ...string) []string {
	var left []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.Is(unicode.Latin, r) && !strings.ContainsRune("_./-", r) }) {
		w = strings.Trim(w, "_./-")
		if w != "" && !slices.Contains(latinWords, w) && !slices.Contains(formatWords, w) && !slices.Contains(more, w) {
			left = append(left, w)
		}
	}
	return left
}

func TestNoEnglishIsLeft(t *testing.T) {
	for _, e := range phrases {
		for _, l := range Langs[1:] {
			if left := latin(placeholder.ReplaceAllString(e[l], " ")); len(left) > 0 {
				t.Errorf("%s: %q in %q", l.Tag(), left, e[l])
			}
		}
	}
}

// The forms of the languages: decimal comma, no-break space, day first.
func TestSay(t *testing.T) {
	for _, c := range []struct {
		in, ru, kk string
	}{
		{"Oct 2022", "окт. 2022", "қаз. 2022"},
		{"due return none or unknown, payment 2022-04-20 (Tax Code of 2017 art. 606-5 (2022); no return required; confidence S2)",
			"срок: декларация нет или неизвестно, уплата 20.04.2022 (Налоговый кодекс 2017 г., ст. 606-5 (2022); декларация не требуется; достоверность S2)",
			"мерзімі: декларация жоқ немесе белгісіз, төлеу 20.04.2022 (2017 жылғы Салық кодексі, 606-5-бап (2022); декларация талап етілмейді; сенімділік S2)"},
		{"Rank", "Место", "Орны"},
		{"1,699,257 kWh", "1\u00a0699\u00a0257 кВт·ч", "1\u00a0699\u00a0257 кВт·сағ"},
		{"2022-03-10 to 2023-12-26", "10.03.2022 – 26.12.2023", "10.03.2022 – 26.12.2023"},
		{"+6.80", "+6,80", "+6,80"},
		{"198.19.87.53 79/191 kz.emcd.network", "198.19.87.53 79/191 kz.emcd.network", "198.19.87.53 79/191 kz.emcd.network"},
		{"  declared         18651.000 kWh, 18651.00 KZT", "задекларировано 18651,000 кВт·ч, 18651,00 тенге", "декларацияланған 18651,000 кВт·сағ, 18651,00 теңге"},
		{"only one kind of evidence speaks; the same BIN", "говорит лишь один вид свидетельств; тот же БИН", "дәлелдің бір түрі ғана сөйлейді; сол БСН"},
		{"109 kW were added round the clock from 2022-03-10 13:00 on: edge t 64.3, the site's own largest step down 45.2",
			"круглосуточно прибавилось 109 кВт начиная с 10.03.2022 13:00: скачок t 64,3, наибольший собственный спад объекта 45,2",
			"10.03.2022 13:00 бастап тәулік бойы 109 кВт қосылды: секіріс t 64,3, нысанның өз ең үлкен төмендеуі 45,2"},
		{"what nobody ever translated", "what nobody ever translated", "what nobody ever translated"},
	} {
		if got := Say(Russian, c.in); got != c.ru {
			t.Errorf("ru %q\n got %q\nwant %q", c.in, got, c.ru)
		}
		if got := Say(Kazakh, c.in); got != c.kk {
			t.Errorf("kk %q\n got %q\nwant %q", c.in, got, c.kk)
		}
		if got := Say(English, c.in); got != c.in {
			t.Errorf("en changed %q into %q", c.in, got)
		}
	}
}

// Say takes any text and ends soon; what has no letters keeps its digits.
func FuzzSay(f *testing.F) {
	for _, s := range []string{"1,234.5 kWh", "a; b: c, d (e)", strings.Repeat("x, ", 500), "{1}", "\u202e=1", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range Langs {
			got := Say(l, s)
			if count(got) < count(s) && !strings.ContainsFunc(s, unicode.IsLetter) {
				t.Errorf("%q lost digits: %q", s, got)
			}
		}
	})
}

func count(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// A page gets what its texts need, and no more.
func TestWords(t *testing.T) {
	got := Words([]string{"Rank", "declared 1.0 kWh, 2.0 KZT", "</script>"}, [][3]string{{"Rank", "a", "b"}, {"Abai", "c", "d"}}, "sort.by")
	for _, want := range []string{`["Rank","Место","Орны"]`, "задекларировано", "Сортировать", `["Rank","a","b"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if strings.Contains(got, "Abai") || strings.Contains(got, "<") || strings.Count(got, "[") > 6 {
		t.Errorf("too much: %s", got)
	}
}
