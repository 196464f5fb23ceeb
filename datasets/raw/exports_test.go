package raw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/netsampler/goflow2/v2/decoders/netflow"

	"github.com/minewatch/minewatch/datasets"
)

// Sets and messages of IPFIX, by RFC 7011, section 3.

func u16(n ...int) []byte {
	var b []byte
	for _, n := range n {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

func u32(n ...int) []byte {
	var b []byte
	for _, n := range n {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func set(id int, content ...[]byte) []byte {
	c := slices.Concat(content...)
	return append(u16(id, 4+len(c)), c...)
}

// ipfix is a message of 2024-03-01T00:00:00Z from one observation domain.
func ipfix(domain int, sets ...[]byte) []byte {
	c := slices.Concat(sets...)
	return slices.Concat(u16(10, 16+len(c)), u32(1_709_251_200, 0, domain), c)
}

// Template 256: addresses, ports, protocol, bytes, packets, seconds of first
// and last packet, sampler; record of it; options template 257 with sampler
// and interval; options record.
func flowTemplate() []byte {
	return set(2, u16(256, 10, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 2, 4, 150, 4, 151, 4, 302, 2))
}

func flowData(sampler int, ports ...int) []byte {
	var records []byte
	for _, p := range ports {
		records = slices.Concat(records, []byte{10, 0, 0, 7, 198, 51, 100, 9}, u16(p, 3333), []byte{6}, u32(1000, 10, 1_709_251_100, 1_709_251_160), u16(sampler))
	}
	return set(256, records)
}

func samplerTemplate() []byte { return set(3, u16(257, 2, 1, 302, 2, 305, 4)) }

func samplerData(sampler, interval int) []byte {
	return set(257, u16(sampler), u32(interval))
}

func readExport(t *testing.T, messages ...[]byte) found[datasets.Flow] {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.ipfix")
	if err := os.WriteFile(path, slices.Concat(messages...), 0o644); err != nil {
		t.Fatal(err)
	}
	return readAll[datasets.Flow](t, path, "flows", options())
}

// Whatever the order of templates, rates and data, the rate of each sampler is
// applied: 305 alone counts one packet in so many (RFC 5477).
func TestSampling(t *testing.T) {
	// A first message that is recognised as IPFIX.
	first := ipfix(9, flowTemplate())
	pieces := [][]byte{ipfix(1, flowTemplate()), ipfix(1, samplerTemplate()), ipfix(1, samplerData(5, 1000)), ipfix(1, flowData(5, 40001))}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 0, 1, 2}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
		messages := [][]byte{first}
		for _, i := range order {
			messages = append(messages, pieces[i])
		}
		got := readExport(t, messages...)
		if len(got.rows) != 1 || got.rows[0].OrigBytes != 1_000_000 || got.rows[0].OrigPkts != 10_000 || got.rows[0].Sampling != 1000 || len(got.sum.Warnings) != 0 {
			t.Errorf("order %v: %+v %+v", order, got.rows, got.sum)
		}
	}
	// Another sampler, another domain: no rate is known, so none is applied.
	got := readExport(t, first, slices.Concat(pieces...), ipfix(1, flowData(6, 40002)), ipfix(2, flowTemplate()), ipfix(2, flowData(5, 40003)))
	if len(got.rows) != 3 || got.rows[1].OrigBytes != 1000 || got.rows[2].OrigBytes != 1000 || got.sum.Warnings[unsampled] != 2 {
		t.Errorf("unknown rates: %+v %+v", got.rows, got.sum)
	}
	// A rate that changes holds from then on.
	got = readExport(t, first, pieces[0], pieces[1], pieces[2], pieces[3], ipfix(1, samplerData(5, 2000)), ipfix(1, flowData(5, 40004)))
	if len(got.rows) != 2 || got.rows[0].Sampling != 1000 || got.rows[1].Sampling != 2000 {
		t.Errorf("changed rate: %+v", got.rows)
	}
	got = readExport(t, first, ipfix(3, flowData(5, 1, 2)))
	if len(got.rows) != 0 || len(got.faults) != 1 || got.faults[0].Reason != noTemplate.reason {
		t.Errorf("without a template: %+v", got)
	}
}

// NAT events (RFC 8158): a block of ports given and taken back, and a session.
func TestNATEvents(t *testing.T) {
	template := set(2, u16(256, 7, 230, 1, 8, 4, 225, 4, 361, 2, 364, 2, 363, 2, 323, 8))
	event := func(kind, from, minute int) []byte {
		ms := binary.BigEndian.AppendUint64(nil, uint64(1_709_251_200_000+minute*60_000))
		return set(256, []byte{byte(kind), 100, 64, 0, 7, 203, 0, 113, 1}, u16(from, 512, 1), ms)
	}
	path := filepath.Join(t.TempDir(), "nat.ipfix")
	file := ipfix(1, template, event(16, 1024, 0), event(16, 2048, 1), event(17, 1024, 30), event(17, 4096, 31), event(9, 1024, 32))
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	got := readAll[datasets.Subscriber](t, path, "subscribers", options())
	var lines []string
	for _, r := range got.rows {
		lines = append(lines, fmt.Sprintf("%s %d-%d %s %s %s", r.IPPrefix, r.PortFrom, r.PortTo, r.SubscriberID, r.ValidFrom, r.ValidTo))
	}
	want := []string{
		"203.0.113.1 1024-1535 100.64.0.7 2024-03-01T00:00:00Z ",
		"203.0.113.1 2048-2559 100.64.0.7 2024-03-01T00:01:00Z ",
		"203.0.113.1 1024-1535 100.64.0.7 2024-03-01T00:00:00Z 2024-03-01T00:30:00Z",
	}
	if !slices.Equal(lines, want) || got.sum.Skipped["end of a translation that began before the file"] != 1 || got.sum.Skipped["NAT event that is no translation"] != 1 {
		t.Errorf("got %q, skipped %v", lines, got.sum.Skipped)
	}
	if flows := readAll[datasets.Flow](t, path, "flows", options()); len(flows.rows) != 0 || len(flows.sum.Skipped) != 1 {
		t.Errorf("as flows: %+v", flows)
	}
}

// pcapOf is a capture of UDP datagrams from 192.0.2.1, link type raw IP.
func pcapOf(datagrams ...[]byte) []byte {
	file := slices.Concat([]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}, make([]byte, 8), []byte{0, 0, 4, 0, 101, 0, 0, 0})
	for _, d := range datagrams {
		ip := slices.Concat([]byte{0x45, 0}, u16(28+len(d), 0, 0), []byte{64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, u16(2055, 2055, 8+len(d), 0), d)
		n := binary.LittleEndian.AppendUint32(nil, uint32(len(ip)))
		file = slices.Concat(file, make([]byte, 8), n, n, ip)
	}
	return file
}

func v5(sampling int, flows ...[2]int) []byte {
	m := slices.Concat(u16(5, len(flows)), u32(100_000, 1_709_251_200, 0, 0), u16(0, sampling))
	for _, ports := range flows {
		m = slices.Concat(m, []byte{10, 0, 0, 7, 198, 51, 100, 9}, u32(0, 0, 4, 400, 40_000, 100_000), u16(ports[0], ports[1]), []byte{0, 0x18, 6, 0}, u32(0, 0))
	}
	return m
}

func TestCaptureV5(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pcap")
	read := func(content []byte) found[datasets.Flow] {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return readAll[datasets.Flow](t, path, "flows", options())
	}
	got := read(pcapOf(v5(1<<14|100, [2]int{40001, 3333}), []byte("something else that is no flow")))
	if len(got.rows) != 1 || got.rows[0].OrigBytes != 40_000 || got.rows[0].Sampling != 100 || got.rows[0].DurationS != 60 ||
		got.rows[0].TS.String() != "2024-02-29T23:59:00Z" || got.sum.Skipped["packet of something else"] != 1 {
		t.Errorf("%+v %+v", got.rows, got.sum)
	}
	// As SKAT exports: no source port, a code of the protocol for the other.
	got = read(pcapOf(v5(0, [2]int{0, 443}, [2]int{0, 49165})))
	if got.sum.Refused == nil || got.sum.Refused.Reason != aggregated.Reason {
		t.Errorf("aggregated: %+v", got.sum)
	}
	if got = read(pcapOf([]byte("nothing of the kind, only text"))); got.sum.Refused == nil || got.sum.Refused.Reason != noExport.Reason {
		t.Errorf("a capture of traffic: %+v", got.sum)
	}
	whole := pcapOf(v5(0, [2]int{40001, 3333}), v5(0, [2]int{40002, 3333}))
	if got = read(whole[:len(whole)-10]); len(got.rows) != 1 || len(got.sum.Warnings) != 1 {
		t.Errorf("cut off: %+v %+v", got.rows, got.sum)
	}
}

// FuzzTemplate compares the reading of data sets with goflow2's, for templates
// of fields with a fixed length.
func FuzzTemplate(f *testing.F) {
	f.Add([]byte{0, 8, 0, 4, 0, 12, 0, 4, 0, 1, 0, 8, 0, 2, 0, 3}, bytes.Repeat([]byte{1, 2, 3, 4, 5}, 20))
	f.Add([]byte{0, 27, 0, 16, 0, 4, 0, 1}, bytes.Repeat([]byte{9}, 40))
	f.Fuzz(func(t *testing.T, layout, data []byte) {
		var fields []netflow.Field
		for ; len(layout) >= 4 && len(fields) < 40; layout = layout[4:] {
			fields = append(fields, netflow.Field{Type: binary.BigEndian.Uint16(layout) & 0x1ff, Length: binary.BigEndian.Uint16(layout[2:]) & 63})
		}
		own := compile(false, fields)
		if own.least == 0 {
			return // goflow2 does not end
		}
		want, err := netflow.DecodeDataSet(10, bytes.NewBuffer(data), fields)
		if err != nil {
			t.Fatal(err)
		}
		rest, n := data, 0
		for {
			var r exportRecord
			var ok bool
			if rest, ok = own.read(rest, &r); !ok {
				break
			}
			if n >= len(want) {
				t.Fatalf("more than %d records", len(want))
			}
			compareRecord(t, &r, want[n].Values)
			n++
		}
		if n != len(want) {
			t.Errorf("%d records, goflow2 has %d", n, len(want))
		}
	})
}

// compareRecord checks every field of which there is but one in the record.
func compareRecord(t *testing.T, r *exportRecord, values []netflow.DataField) {
	t.Helper()
	seen := map[role]int{}
	for _, v := range values {
		seen[elements[v.Type]]++
	}
	for _, v := range values {
		x, raw := elements[v.Type], v.Value.([]byte)
		if x == roleNone || seen[x] > 1 {
			continue
		}
		if x == roleSrc || x == roleDst || x == rolePostSrc {
			want, _ := netip.AddrFromSlice(raw)
			if got := map[role]netip.Addr{roleSrc: r.src, roleDst: r.dst, rolePostSrc: r.nat}[x]; got != want {
				t.Errorf("element %d is %v, want %v", v.Type, got, want)
			}
			continue
		}
		if len(raw) == 0 || len(raw) > 8 {
			continue
		}
		want := uint64(0)
		for _, b := range raw {
			want = want<<8 | uint64(b)
		}
		if r.values[x] != want || !r.has(x) {
			t.Errorf("element %d is %d, want %d", v.Type, r.values[x], want)
		}
	}
}

// No bytes make the readers of flow exports fail otherwise than by a fault.
func FuzzExports(f *testing.F) {
	for _, pattern := range []string{"*.pcap", "*.ipfix"} {
		files, err := filepath.Glob(filepath.Join(rawDir, "flows", pattern))
		if err != nil || len(files) == 0 {
			f.Fatal(err)
		}
		for _, path := range files {
			content, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	f.Add(pcapOf(v5(0, [2]int{40001, 3333})))
	f.Add(ipfix(1, samplerTemplate(), samplerData(1, 10), flowTemplate(), flowData(1, 7)))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(dir, "x")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		got := readAll[datasets.Flow](t, path, "flows", options())
		if got.sum.Refused == nil && got.sum.Rows != int64(len(got.rows)+len(got.faults)) {
			t.Errorf("%d rows, %d accepted, %d refused", got.sum.Rows, len(got.rows), len(got.faults))
		}
		readAll[datasets.Subscriber](t, path, "subscribers", options())
	})
}

// BenchmarkIPFIX reads a file of 400,000 records of 28 bytes and more.
func BenchmarkIPFIX(b *testing.B) {
	const messages, records = 10_000, 40
	var file bytes.Buffer
	file.Write(ipfix(1, flowTemplate(), samplerTemplate(), samplerData(5, 1)))
	for m := range messages {
		ports := make([]int, records)
		for i := range ports {
			ports[i] = 40_000 + (m*records+i)%20_000
		}
		file.Write(ipfix(1, flowData(5, ports...)))
	}
	benchRead[datasets.Flow](b, "flows", file.Bytes())
}
