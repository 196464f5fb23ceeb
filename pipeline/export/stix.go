package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The marking TLP:AMBER+STRICT of TLP 2.0. OASIS fixes both ids and the instant.
// Source: oasis-open/cti-stix-common-objects, extension tlp-2.0.
const (
	tlpAmberStrict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	tlpExtension   = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	tlpCreated     = "2022-10-01T00:00:00.000Z"
)

// identityCreated never changes: an id may not come with two instants of
// creation (STIX 2.1 section 3.6), and the identity is the same in every pack.
const identityCreated = "2026-01-01T00:00:00.000Z"

// stixNamespace is the program's own. The namespace of the standard is for
// cyber-observable objects; section 2.9 forbids it for the objects here.
var stixNamespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/minewatch/minewatch/stix"))

type stixBundle struct {
	Type    string       `json:"type"`
	ID      string       `json:"id"`
	Objects []stixObject `json:"objects"`
}

// A stixObject has the properties that its type asks for; the others stay
// empty. The order of the fields is that of the standard's tables.
type stixObject struct {
	Type        string   `json:"type"`
	SpecVersion string   `json:"spec_version"`
	ID          string   `json:"id,omitempty"`
	CreatedBy   string   `json:"created_by_ref,omitempty"`
	Created     string   `json:"created"`
	Modified    string   `json:"modified,omitempty"`
	Revoked     bool     `json:"revoked,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	Confidence  *int     `json:"confidence,omitempty"`
	Lang        string   `json:"lang,omitempty"`
	Markings    []string `json:"object_marking_refs,omitempty"`
	Extensions  any      `json:"extensions,omitempty"`

	Name           string   `json:"name,omitempty"`
	Description    string   `json:"description,omitempty"`
	IdentityClass  string   `json:"identity_class,omitempty"`
	IndicatorTypes []string `json:"indicator_types,omitempty"`
	Pattern        string   `json:"pattern,omitempty"`
	PatternType    string   `json:"pattern_type,omitempty"`
	PatternVersion string   `json:"pattern_version,omitempty"`
	ValidFrom      string   `json:"valid_from,omitempty"`
	ValidUntil     string   `json:"valid_until,omitempty"`
	Abstract       string   `json:"abstract,omitempty"`
	Content        string   `json:"content,omitempty"`
	ObjectRefs     []string `json:"object_refs,omitempty"`
}

type tlp2 struct {
	ExtensionType string `json:"extension_type"`
	Level         string `json:"tlp_2_0"`
}

// writeSTIX writes a STIX 2.1 bundle: the marking, the identity of the program,
// a note on what was left out, and an indicator for every restriction. Rows for
// review or monitoring are no indicators at all: consumers feed indicators to
// devices without reading labels.
//
// Indicators of the earlier pack whose term still runs and that are not in this
// one follow as revoked: the same id, modified on the as-of day (section 3.6.3).
//
// An id is a UUID of version 5 over the object's own JSON, so that equal ids
// mean equal objects. The proposal of another day is another object.
func writeSTIX(w io.Writer, run *Run) error {
	p := packOf(run)
	author, err := stixID(stixObject{
		Type: "identity", SpecVersion: "2.1", Created: identityCreated, Modified: identityCreated,
		Name: "minewatch", Description: "The program minewatch, which proposes restrictions for a person to decide on.", IdentityClass: "system",
	})
	if err != nil {
		return err
	}
	asOf := stixTime(run.AsOf.In(run.Zone))
	note := stixObject{
		Type: "note", Abstract: "What this bundle holds", Content: text("lead") + "\n" + strings.Join(p.account(), "\n"), ObjectRefs: []string{author.ID},
	}
	objects := []stixObject{note}
	for i := range p.restrictions {
		objects = append(objects, indicator(&p.restrictions[i]))
	}
	bundle := stixBundle{Type: "bundle", Objects: []stixObject{amberStrict(), author}}
	for _, o := range objects {
		o.SpecVersion, o.CreatedBy, o.Created, o.Modified, o.Lang = "2.1", author.ID, asOf, asOf, "en"
		o.Markings = []string{tlpAmberStrict}
		if o, err = stixID(o); err != nil {
			return err
		}
		bundle.Objects = append(bundle.Objects, o)
	}
	taken, err := revoked(run, bundle.Objects, asOf)
	if err != nil {
		return err
	}
	bundle.Objects = append(bundle.Objects, taken...)
	content, err := json.Marshal(bundle)
	if err != nil {
		return err
	}
	bundle.ID = "bundle--" + uuid.NewSHA1(stixNamespace, content).String()
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(bundle)
}

func amberStrict() stixObject {
	return stixObject{
		Type: "marking-definition", SpecVersion: "2.1", ID: tlpAmberStrict, Created: tlpCreated, Name: "TLP:AMBER+STRICT",
		Extensions: map[string]tlp2{tlpExtension: {"property-extension", "amber+strict"}},
	}
}

// indicator returns the indicator of a restriction, without what all objects
// have alike. Canonical names and addresses hold nothing that a pattern would
// have to escape.
func indicator(r *restriction) stixObject {
	o := stixObject{
		Type: "indicator", Labels: []string{"cryptocurrency-mining", "proposed-block"}, Confidence: &r.confidence,
		IndicatorTypes: []string{"anomalous-activity"}, PatternType: "stix", PatternVersion: "2.1",
		ValidFrom: stixTime(r.from), ValidUntil: stixTime(r.until), Description: rationale(r),
	}
	if r.name != "" {
		o.Name = "Name " + r.name
		o.Pattern = fmt.Sprintf("[domain-name:value = '%s']", r.name)
		return o
	}
	kind := "ipv4-addr"
	if r.addr.Is6() {
		kind = "ipv6-addr"
	}
	o.Name = fmt.Sprintf("Address %s, port %d, %s", r.addr, r.port, r.proto)
	o.Pattern = fmt.Sprintf("[network-traffic:dst_ref.type = '%s' AND network-traffic:dst_ref.value = '%s' AND network-traffic:dst_port = %d AND network-traffic:protocols[*] = '%s']",
		kind, r.addr, r.port, r.proto)
	return o
}

func rationale(r *restriction) string {
	s := "Traffic consistent with mining; a lead, not a finding."
	if pool := clean(r.row.Pool); pool != "" {
		s += " Pool: " + pool + "."
	}
	s += fmt.Sprintf(" Clients seen: %d, of which not suspects: %d.", r.row.Clients, r.row.Collateral)
	if reason := clean(r.row.Reason); reason != "" {
		s += " Reason: " + reason
	}
	return s
}

// stixID returns o with the id that its content gives it.
func stixID(o stixObject) (stixObject, error) {
	content, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	o.ID = o.Type + "--" + uuid.NewSHA1(stixNamespace, content).String()
	return o, nil
}

// stixTime prints an instant as STIX wants it: RFC 3339 in UTC, with milliseconds.
func stixTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
