package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/miekg/dns"

	"github.com/minewatch/minewatch/datasets"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenDir = "../../testdata/golden/export"

// packFiles are the formats that devices read.
var packFiles = []struct {
	name  string
	write func(io.Writer, *Run) error
}{
	{"candidates.stix.json", writeSTIX},
	{"candidates.rpz", writeRPZ},
	{"candidates.nft", writeNFTables},
}

func packFile(t testing.TB, i int, run *Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := packFiles[i].write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func block(kind, target string, port int32, proto string, from, until datasets.Day) datasets.Candidate {
	return datasets.Candidate{
		Target: target, TargetKind: kind, Port: port, Proto: proto, Pool: "Example Pool", Confidence: 0.914, Clients: 3,
		Action: "block", ValidFrom: from, ValidUntil: until, Reason: "traffic consistent with mining",
	}
}

// telecomRun has four endpoints to restrict, and at least one row of each kind
// that is none. The term crosses the change of the clock of 2024-03-01.
func telecomRun(t testing.TB) *Run {
	d := day(2024, 2, 28)
	review, monitor := block("ip", "203.0.113.77", 3333, "tcp", d, d+6), block("domain", "monitor.example", 0, "", d, d+29)
	review.Action, monitor.Action = "review", "monitor"
	return &Run{ID: "r", AsOf: d, Zone: almaty(t), Candidates: []datasets.Candidate{
		block("domain", "Pool.Example.", 0, "", d, d+29),
		block("ip", "203.0.113.5", 3333, "tcp", d, d+6),
		block("ip", "::ffff:203.0.113.6", 443, "tcp", d-2, d+4),
		block("prefix", "2001:db8::1/128", 3333, "udp", d, d),
		block("ip", "203.0.113.6", 443, "tcp", d, d+6),
		block("ip", "203.0.113.7", 3333, "tcp", d-8, d-1),
		block("ip", "203.0.113.8", 3333, "tcp", d+1, d+7),
		block("ip", "203.0.113.9", 3333, "tcp", d, 0),
		block("prefix", "203.0.113.0/24", 3333, "tcp", d, d+6),
		review, monitor,
	}}
}

func TestTelecomPackGolden(t *testing.T) {
	runs := map[string]*Run{"": telecomRun(t), "empty-": {AsOf: day(2024, 2, 28), Zone: almaty(t)}}
	for prefix, run := range runs {
		for i, f := range packFiles {
			got := packFile(t, i, run)
			if !bytes.Equal(got, packFile(t, i, run)) {
				t.Errorf("%s: two writings differ", f.name)
			}
			golden := filepath.Join(goldenDir, prefix+f.name)
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s (go test -update writes it anew); got\n%s", golden, got)
			}
		}
	}
}

// Rows of the table are restrictions or are counted.
func TestPackOf(t *testing.T) {
	p := packOf(telecomRun(t))
	if want := [refusals]int{forPerson: 2, outOfTerm: 3, unfit: 1, repeated: 1}; p.leftOut != want {
		t.Errorf("left out %v, want %v", p.leftOut, want)
	}
	if len(p.names()) != 1 || len(p.addresses()) != 3 {
		t.Errorf("%d names and %d addresses, want 1 and 3", len(p.names()), len(p.addresses()))
	}
}

func TestEndpointOf(t *testing.T) {
	long := strings.Repeat("a.", 109) + "kz" // 220 octets
	for _, c := range []struct {
		kind, target string
		port         int32
		proto        string
		want         string // "" for none
	}{
		{"domain", "eu1.Pool-a.example", 0, "", "eu1.pool-a.example"},
		{"domain", "_stratum._tcp.pool.example.", 0, "", "_stratum._tcp.pool.example"},
		{"domain", "pool.xn--80ao21a", 0, "", "pool.xn--80ao21a"},
		{"domain", long, 0, "", long},
		{"domain", "a" + long, 0, "", ""},
		{"domain", "pool.example", 3333, "", ""}, // a resolver cannot tell ports apart
		{"domain", "pool.example", 0, "tcp", ""},
		{"domain", "kz", 0, "", ""}, // a whole top-level domain
		{"domain", "", 0, "", ""},
		{"domain", ".", 0, "", ""},
		{"domain", "pool..example", 0, "", ""},
		{"domain", "*.pool.example", 0, "", ""},
		{"domain", "-pool.example", 0, "", ""},
		{"domain", "pool-.example", 0, "", ""},
		{"domain", strings.Repeat("a", 64) + ".example", 0, "", ""},
		{"domain", "pool.қаз", 0, "", ""},
		{"domain", "pool\u0131.example", 0, "", ""},
		{"domain", "pool.example\nx IN A 1.2.3.4", 0, "", ""},
		{"domain", "203.0.113.5", 0, "", ""},
		{"domain", "32.5.113.0.203.rpz-ip", 0, "", ""}, // would restrict an address
		{"domain", "ns.example.rpz-nsdname", 0, "", ""},
		{"ip", "203.0.113.5", 3333, "tcp", "203.0.113.5 3333 tcp"},
		{"ip", "::ffff:203.0.113.5", 3333, "tcp", "203.0.113.5 3333 tcp"},
		{"ip", "2001:DB8:0::1", 65535, "udp", "2001:db8::1 65535 udp"},
		{"prefix", "203.0.113.5/32", 1, "tcp", "203.0.113.5 1 tcp"},
		{"prefix", "203.0.113.4/31", 1, "tcp", ""},
		{"ip", "fe80::1%eth0", 3333, "tcp", ""},
		{"ip", "2001:db8::1%eth0", 3333, "tcp", ""},
		{"ip", "203.0.113.5", 0, "tcp", ""}, // all ports of an address
		{"ip", "203.0.113.5", -1, "tcp", ""},
		{"ip", "203.0.113.5", 65536, "tcp", ""},
		{"ip", "203.0.113.5", 3333, "", ""},
		{"ip", "203.0.113.5", 3333, "132", ""},
		{"ip", "203.0.113.05", 3333, "tcp", ""},
		{"ip", "pool.example", 3333, "tcp", ""},
		{"ip", "10.1.2.3", 3333, "tcp", ""},
		{"ip", "100.64.1.2", 3333, "tcp", ""}, // RFC 6598
		{"ip", "fd00::1", 3333, "tcp", ""},
		{"ip", "127.0.0.1", 3333, "tcp", ""},
		{"ip", "0.0.0.0", 3333, "tcp", ""},
		{"ip", "255.255.255.255", 3333, "tcp", ""},
		{"ip", "224.0.0.1", 3333, "udp", ""},
		{"ip", "169.254.1.1", 3333, "tcp", ""},
		{"asn", "64500", 3333, "tcp", ""},
	} {
		e, ok := endpointOf(&datasets.Candidate{Target: c.target, TargetKind: c.kind, Port: c.port, Proto: c.proto})
		got := e.name
		if e.addr.IsValid() {
			got = fmt.Sprintf("%s %d %s", e.addr, e.port, e.proto)
		}
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s %q %d %q: %q, %t; want %q", c.kind, c.target, c.port, c.proto, got, ok, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for x, want := range map[float64]int{-1: 0, 0: 0, 0.004: 0, 0.005: 1, 0.914: 91, 0.995: 100, 7: 100, math.Inf(1): 100, math.NaN(): 0} {
		if got := percent(x); got != want {
			t.Errorf("percent(%v) = %d, want %d", x, got, want)
		}
	}
}

// The clock of Almaty went back by an hour on 2024-03-01, so seven local days
// from 2024-02-28 are 7*24+1 hours = 608,400 s; one day is 86,400 s.
func TestTermsAreLocalDays(t *testing.T) {
	run := telecomRun(t)
	nft := string(packFile(t, 2, run))
	for _, want := range []string{
		"candidates4 { 203.0.113.5 . 3333 . tcp timeout 608400s ",
		"candidates6 { 2001:db8::1 . 3333 . udp timeout 86400s ",
	} {
		if !strings.Contains(nft, want) {
			t.Errorf("no %q in\n%s", want, nft)
		}
	}
	r := packOf(run).addresses()[0]
	if got, want := stixTime(r.from)+" "+stixTime(r.until), "2024-02-27T18:00:00.000Z 2024-03-05T19:00:00.000Z"; got != want {
		t.Errorf("term %s, want %s", got, want)
	}
}

// parseZone reads a zone and fails on any record but the head and CNAME to the root.
func parseZone(t testing.TB, b []byte) (names []string) {
	t.Helper()
	zp := dns.NewZoneParser(bytes.NewReader(b), "rpz.test.", "")
	heads := 0
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		switch x := rr.(type) {
		case *dns.SOA, *dns.NS:
			if heads++; rr.Header().Name != "rpz.test." {
				t.Fatalf("record %s", rr)
			}
		case *dns.CNAME:
			name, inside := strings.CutSuffix(x.Hdr.Name, ".rpz.test.")
			if canonical, ok := canonicalName(name); !inside || !ok || canonical != name || x.Target != "." || x.Hdr.Ttl != rpzTTLSeconds {
				t.Fatalf("record %s", rr)
			}
			names = append(names, name)
		default:
			t.Fatalf("record %s", rr)
		}
	}
	if err := zp.Err(); err != nil || heads != 2 {
		t.Fatalf("%v, %d records of the head in\n%s", err, heads, b)
	}
	return names
}

func TestRPZ(t *testing.T) {
	zone := packFile(t, 1, telecomRun(t))
	if got := parseZone(t, zone); !slices.Equal(got, []string{"pool.example"}) {
		t.Errorf("names %q", got)
	}
	if !bytes.Contains(zone, []byte(" 2024022800 ")) {
		t.Errorf("the serial is not the as-of day:\n%s", zone)
	}
}

var (
	nftFixed   = regexp.MustCompile(`^(#[ -~]*|add table inet minewatch|add set inet minewatch candidates[46] \{ type ipv[46]_addr \. inet_service \. inet_proto; flags timeout; \}|flush set inet minewatch candidates[46])$`)
	nftElement = regexp.MustCompile(`^add element inet minewatch candidates([46]) \{ (\S+) \. ([1-9][0-9]*) \. (tcp|udp) timeout [1-9][0-9]*s comment "[A-Za-z0-9 ,._-]{0,128}" \}$`)
)

// checkNFT fails on any line but those of the form.
func checkNFT(t testing.TB, b []byte) (elements int) {
	t.Helper()
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		m := nftElement.FindStringSubmatch(line)
		if m == nil {
			if !nftFixed.MatchString(line) {
				t.Fatalf("line %q", line)
			}
			continue
		}
		addr, err := netip.ParseAddr(m[2])
		if err != nil || addr.Is4() != (m[1] == "4") {
			t.Fatalf("line %q", line)
		}
		elements++
	}
	return elements
}

func TestNFTables(t *testing.T) {
	if got := checkNFT(t, packFile(t, 2, telecomRun(t))); got != 3 {
		t.Errorf("%d elements, want 3", got)
	}
}

// The rules are those of STIX 2.1: sections 2.9 (identifiers), 3.2 (common
// properties) and 4.7 (indicator).
func TestSTIX(t *testing.T) {
	var bundle struct {
		Type, ID string
		Objects  []map[string]any
	}
	if err := json.Unmarshal(packFile(t, 0, telecomRun(t)), &bundle); err != nil {
		t.Fatal(err)
	}
	ids, types := map[string]bool{}, map[string]int{}
	for _, o := range append(bundle.Objects, map[string]any{"type": "bundle", "id": bundle.ID}) {
		kind, id, _ := strings.Cut(o["id"].(string), "--")
		if _, err := uuid.Parse(id); err != nil || kind != o["type"] || ids[id] {
			t.Errorf("id %v of a %v: %v", o["id"], o["type"], err)
		}
		ids[id] = true
		types[kind]++
	}
	if types["marking-definition"] != 1 || types["identity"] != 1 || types["note"] != 1 || types["indicator"] != 4 {
		t.Errorf("objects: %v", types)
	}
	for _, o := range bundle.Objects {
		if o["type"] != "indicator" {
			continue
		}
		from, err1 := time.Parse(time.RFC3339, o["valid_from"].(string))
		until, err2 := time.Parse(time.RFC3339, o["valid_until"].(string))
		if err1 != nil || err2 != nil || !until.After(from) {
			t.Errorf("term %v - %v", o["valid_from"], o["valid_until"])
		}
		if o["confidence"] != 91.0 || o["pattern_type"] != "stix" || o["created"] != "2024-02-27T18:00:00.000Z" || o["modified"] != o["created"] ||
			fmt.Sprint(o["object_marking_refs"]) != "["+tlpAmberStrict+"]" || o["created_by_ref"] != bundle.Objects[1]["id"] {
			t.Errorf("indicator %v", o)
		}
	}
}

// Equal objects have equal ids, and a proposal of another day another one; the
// identity stays.
func TestSTIXIDs(t *testing.T) {
	later := telecomRun(t)
	later.AsOf++
	a, b := stixObjects(t, telecomRun(t)), stixObjects(t, later)
	if a[0].ID != b[0].ID || a[1].ID != b[1].ID || a[3].ID == b[3].ID {
		t.Errorf("ids %s %s %s, a day later %s %s %s", a[0].ID, a[1].ID, a[3].ID, b[0].ID, b[1].ID, b[3].ID)
	}
}

func stixObjects(t testing.TB, run *Run) []stixObject {
	t.Helper()
	var bundle stixBundle
	if err := json.Unmarshal(packFile(t, 0, run), &bundle); err != nil {
		t.Fatal(err)
	}
	return bundle.Objects
}

// hostileCandidates puts s wherever a row for a device has text.
func hostileCandidates(d datasets.Day, s string) []datasets.Candidate {
	name, addr := block("domain", "hostile.example", 0, "", d, d+29), block("ip", "203.0.113.66", 3333, "tcp", d, d+6)
	name.Pool, name.Reason, addr.Pool, addr.Reason, addr.ASOrg = s, s, s, s, s
	return []datasets.Candidate{
		name, addr,
		block("domain", s, 0, "", d, d+29), block("domain", "a"+s+".example", 0, "", d, d+29), block("domain", "b.example"+s, 0, "", d, d+29),
		block("ip", s, 3333, "tcp", d, d+6), block("ip", "203.0.113.67"+s, 3333, "tcp", d, d+6), block("ip", "203.0.113.68", 3333, "tcp"+s, d, d+6),
		block("ip"+s, "203.0.113.69", 3333, "tcp", d, d+6), block("prefix", "203.0.113.70/32"+s, 3333, "tcp", d, d+6),
	}
}

// Whatever the text, the files have their form and nothing else in it.
func FuzzTelecomPack(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	d, zone := day(2024, 2, 28), almaty(f)
	f.Fuzz(func(t *testing.T, s string) {
		run := &Run{AsOf: d, Zone: zone, Candidates: hostileCandidates(d, s)}
		for _, o := range stixObjects(t, run) {
			if o.Type == "indicator" && !stixPattern.MatchString(o.Pattern) {
				t.Fatalf("pattern %q", o.Pattern)
			}
		}
		parseZone(t, packFile(t, 1, run))
		if checkNFT(t, packFile(t, 2, run)) == 0 {
			t.Fatal("the address beside the text is gone")
		}
	})
}

var stixPattern = regexp.MustCompile(`^\[(domain-name:value = '[a-z0-9._-]+'|network-traffic:dst_ref\.type = 'ipv[46]-addr' AND network-traffic:dst_ref\.value = '[0-9a-f.:]+' AND network-traffic:dst_port = [0-9]+ AND network-traffic:protocols\[\*\] = '(tcp|udp)')\]$`)

// The programs that operators load the files with accept them, empty and with
// hostile text too, and refuse a broken one.
func TestOperatorsToolsAccept(t *testing.T) {
	runs := map[string]*Run{"full": telecomRun(t), "empty": {AsOf: day(2024, 2, 28), Zone: almaty(t)}}
	for i, s := range hostileTexts {
		runs[fmt.Sprintf("hostile%d", i)] = &Run{AsOf: day(2024, 2, 28), Zone: almaty(t), Candidates: hostileCandidates(day(2024, 2, 28), s)}
	}
	for _, tool := range []struct {
		file    int
		command []string
		broken  string
	}{
		{1, []string{"named-checkzone", "-q", "rpz.test"}, "x IN CNAME\n"},
		{2, []string{"nft", "-c", "-f"}, "add element inet minewatch candidates4 { 203.0.113.5 }\n"},
	} {
		t.Run(tool.command[0], func(t *testing.T) {
			if _, err := exec.LookPath(tool.command[0]); err != nil {
				t.Skip("not installed: ", err)
			}
			accepts := func(b []byte) (string, error) {
				path := filepath.Join(t.TempDir(), packFiles[tool.file].name)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				out, err := exec.CommandContext(t.Context(), tool.command[0], append(tool.command[1:], path)...).CombinedOutput()
				if strings.Contains(string(out), "Operation not permitted") {
					t.Skipf("%s may not ask the kernel here: %s", tool.command[0], out)
				}
				return string(out), err
			}
			for name, run := range runs {
				b := packFile(t, tool.file, run)
				if out, err := accepts(b); err != nil {
					t.Errorf("%s: %v %s\n%s", name, err, out, b)
				}
			}
			if _, err := accepts(append(packFile(t, tool.file, runs["full"]), tool.broken...)); err == nil {
				t.Error("accepts a broken file: the check checks nothing")
			}
		})
	}
}

// The validator of OASIS accepts the bundles, one with revocations too, and refuses
// a broken one. Its one complaint is a warning: ids are UUIDs of version 5 where
// version 4 is advised, so that equal input gives equal bytes.
func TestSTIXValidatorAccepts(t *testing.T) {
	if _, err := exec.LookPath("stix2_validator"); err != nil {
		t.Skip("not installed (pip install stix2-validator): ", err)
	}
	full := telecomRun(t)
	next := telecomRun(t)
	next.AsOf, next.Candidates = full.AsOf+2, nil
	next.Earlier = Earlier{Candidates: full.Candidates, STIX: packFile(t, 0, full)}
	runs := []*Run{full, next, {AsOf: full.AsOf, Zone: full.Zone}}
	for _, s := range hostileTexts {
		runs = append(runs, &Run{AsOf: full.AsOf, Zone: full.Zone, Candidates: hostileCandidates(full.AsOf, s)})
	}
	dir := t.TempDir()
	var files []string
	for i, run := range runs {
		path := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(path, packFile(t, 0, run), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if out, err := exec.CommandContext(t.Context(), "stix2_validator", append([]string{"-q"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	broken := bytes.Replace(packFile(t, 0, full), []byte(`"pattern_type"`), []byte(`"pattern_kind"`), 1)
	if err := os.WriteFile(files[0], broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "stix2_validator", "-q", files[0]).Run(); err == nil {
		t.Error("accepts a broken bundle: the check checks nothing")
	}
}

// The second pack takes back what the first had and it has not, once, as long as
// the term runs; in STIX under the same id.
func TestRevocations(t *testing.T) {
	first := telecomRun(t)
	second := telecomRun(t)
	second.AsOf = first.AsOf + 3
	second.Candidates = []datasets.Candidate{
		block("domain", "pool.example", 0, "", second.AsOf, second.AsOf+29),
		block("ip", "203.0.113.5", 3333, "tcp", second.AsOf, second.AsOf+6),
	}
	second.Candidates[1].Action, second.Candidates[1].Reason = "review", "1 of 3 clients"
	second.Earlier = Earlier{Candidates: first.Candidates, STIX: packFile(t, 0, first)}
	var got []string
	for _, r := range revocations(second) {
		got = append(got, fmt.Sprintf("%s %d %s %s", r.Target, r.Port, r.ValidUntil, r.Reason))
	}
	// Of the others of the first pack, one day of 2001:db8::1 is over, one was no block,
	// and 203.0.113.6 comes twice.
	want := []string{
		"203.0.113.5 3333 2024-03-05 now for review: 1 of 3 clients",
		"::ffff:203.0.113.6 443 2024-03-03 nothing is seen of it any more",
		"203.0.113.8 3333 2024-03-06 nothing is seen of it any more",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	ids := map[string]string{}
	var before, after stixBundle
	for _, x := range []struct {
		b    []byte
		into *stixBundle
	}{{second.Earlier.STIX, &before}, {packFile(t, 0, second), &after}} {
		if err := json.Unmarshal(x.b, x.into); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range before.Objects {
		ids[o.ID] = o.Name
	}
	var taken []string
	for _, o := range after.Objects {
		if o.Revoked {
			if ids[o.ID] == "" || o.Modified <= o.Created {
				t.Errorf("revoked %+v is not in the earlier bundle", o)
			}
			taken = append(taken, o.Name)
		}
	}
	if want := []string{"Address 203.0.113.5, port 3333, tcp", "Address 203.0.113.6, port 443, tcp"}; !slices.Equal(taken, want) {
		t.Errorf("revoked %q, want %q", taken, want)
	}
	// A third pack does not take back again what is revoked.
	third := telecomRun(t)
	third.AsOf, third.Candidates = second.AsOf+1, second.Candidates[:1]
	third.Earlier = Earlier{Candidates: second.Candidates, STIX: packFile(t, 0, second)}
	if rows := revocations(third); len(rows) != 0 {
		t.Errorf("taken back again: %+v", rows)
	}
}

func TestFlowSpec(t *testing.T) {
	d := day(2024, 2, 28)
	rule := func(change func(*datasets.FlowRule)) datasets.FlowRule {
		r := datasets.FlowRule{SourceIP: "95.56.0.1", SubscriberID: "a", ServerIP: "93.184.215.14", ServerPort: 3333, Proto: "tcp", ValidUntil: d + 6}
		change(&r)
		return r
	}
	run := &Run{AsOf: d, Zone: almaty(t), FlowRules: []datasets.FlowRule{
		rule(func(*datasets.FlowRule) {}),
		rule(func(r *datasets.FlowRule) {
			r.PortFrom, r.PortTo, r.LeaseTo = 1024, 2047, datasets.MicrosOf(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))
		}),
		rule(func(r *datasets.FlowRule) { r.SourceIP, r.ServerIP = "2a00::1", "2606:2800::1" }),
		// None of these names one subscriber's flows for a time.
		rule(func(r *datasets.FlowRule) { r.SourceIP = "100.64.0.1" }),
		rule(func(r *datasets.FlowRule) { r.SourceIP = "10.0.0.1" }),
		rule(func(r *datasets.FlowRule) { r.SourceIP = "95.56.0.0/24" }),
		rule(func(r *datasets.FlowRule) { r.PortFrom, r.PortTo = 1024, 2047 }),
		rule(func(r *datasets.FlowRule) { r.ServerPort = 0 }),
		rule(func(r *datasets.FlowRule) { r.ValidUntil = 0 }),
		rule(func(r *datasets.FlowRule) { r.ServerIP = "2606:2800::1" }),
	}}
	var b bytes.Buffer
	if err := writeFlowSpec(&b, run); err != nil {
		t.Fatal(err)
	}
	want := `# minewatch: flows of single subscribers proposed for restriction as of 2024-02-28. TLP:AMBER+STRICT.
# A lead, not a finding. Withdraw a route after its last day.
announce flow route { match { source 95.56.0.1/32; destination 93.184.215.14/32; destination-port =3333; protocol tcp; } then { discard; } } # last day 2024-03-05
announce flow route { match { source 95.56.0.1/32; destination 93.184.215.14/32; source-port >=1024&<=2047; destination-port =3333; protocol tcp; } then { discard; } } # last day 2024-03-05, lease ends 2024-02-29T12:00:00Z
announce flow route { match { source 2a00::1/128; destination 2606:2800::1/128; destination-port =3333; protocol tcp; } then { discard; } } # last day 2024-03-05
# Left out: 7 without public addresses, ports or a term that runs.
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestProviders(t *testing.T) {
	run := &Run{Subscribers: []datasets.SubscriberSeen{{SubscriberID: "1", Provider: "B.Tel"}, {SubscriberID: "2", Provider: "b tel"}, {SubscriberID: "3", Provider: "../Қазақтелеком"}, {SubscriberID: "4", Provider: "B.Tel"}}}
	dir := t.TempDir()
	files, err := writeProviders(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"telecom/providers/provider.csv", "telecom/providers/b-tel.csv", "telecom/providers/b-tel-2.csv"}; !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
	b, err := os.ReadFile(filepath.Join(dir, files[1]))
	if err != nil || strings.Count(string(b), "B.Tel") != 2 || strings.Contains(string(b), "b tel") {
		t.Errorf("%v:\n%s", err, b)
	}
}
