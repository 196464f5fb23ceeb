package datasets

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Privacy says what a column tells of people, and with it who may receive it.
// The tag privacy:"…" of a field sets it; without one the names of columns
// that stand for people everywhere decide ([privacyByName]), so that a new
// column of such a name is guarded from its first day.
type Privacy int

// The classes of columns.
const (
	Open      Privacy = iota // says nothing of anybody in particular
	Account                  // an organisation's own number of a site or subscriber
	Holder                   // BIN, or IIN of a person
	Person                   // name, bank details, address of a computer
	Place                    // where somebody is
	Meter                    // what a site used, mined, declared or owes
	Traffic                  // what somebody did on the network
	Narrative                // sentences, which may hold any of these
)

var privacyNames = [...]string{"open", "account", "holder", "person", "place", "meter", "traffic", "narrative"}

func (p Privacy) String() string { return privacyNames[p] }

// Personal reports whether the class alone can point at a person.
func (p Privacy) Personal() bool { return p == Holder || p == Person || p == Place }

var privacyByName = map[string]Privacy{
	"site_id": Account, "subscriber_id": Account,
	"bin": Holder, "iin": Holder, "host_bin": Holder, "registry_bin": Holder,
	"name": Person, "bank_details": Person, "client_ip": Person, "src_ip": Person, "dst_ip": Person, "ip_prefix": Person, "phone": Person,
	"address": Place, "lat": Place, "lon": Place,
	"wh": Meter, "varh": Meter, "kwh": Meter, "tax_tiyn": Meter, "contracted_kw": Meter, "found_kw": Meter, "price_kzt_kwh": Meter,
	"query": Traffic, "answers": Traffic, "sni": Traffic, "pools": Traffic, "hours_active": Traffic,
	"detail": Narrative, "evidence": Narrative, "note": Narrative, "confidence_note": Narrative, "reason": Narrative, "observed": Narrative,
}

var meterPrefixes = []string{"mining_", "declared_kwh", "unpaid_", "tax_kzt"}

// privacyOf reads the tag of a field, else the column's name.
func privacyOf(tag reflect.StructTag, name string) Privacy {
	if class, ok := tag.Lookup("privacy"); ok {
		i := slices.Index(privacyNames[:], class)
		if i < 0 {
			panic(fmt.Sprintf("datasets: unknown class %q of privacy on %s", class, name))
		}
		return Privacy(i)
	}
	if p, ok := privacyByName[name]; ok {
		return p
	}
	if slices.ContainsFunc(meterPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return Meter
	}
	return Open
}

// A Handling is what a profile does with a class of columns.
type Handling int

// The ways to handle a value. The zero value hides it.
const (
	Hide      Handling = iota
	Pseudonym          // a keyed hash: equal values stay equal, nobody without the key gets back
	NoPersons          // a BIN is kept, the IIN of a person hidden
	Keep
)

// A Profile says what one kind of receiver may see.
type Profile struct {
	Name, Doc string
	Classes   [len(privacyNames)]Handling // by Privacy
}

// The profiles of receivers.
var (
	// Analyst sees everything: results stay in the agency.
	Analyst = Profile{"analyst", "who makes runs and checks them: everything",
		[...]Handling{Keep, Keep, Keep, Keep, Keep, Keep, Keep, Keep}}
	// Inspection goes there and reckons with the holder; who talked to which
	// computer is not its business.
	Inspection = Profile{"inspection", "teams and the tax authority: who, where, how much; no traffic records",
		[...]Handling{Keep, Keep, Keep, Keep, Keep, Keep, Hide, Keep}}
	// Telecom knows its subscribers by their number.
	Telecom = Profile{"telecom", "a provider: endpoints and its own subscribers by number; no meters, no names, no places",
		[...]Handling{Keep, Keep, NoPersons, Hide, Hide, Hide, Keep, Keep}}
	// Notebook explores; it needs to tell sites apart, not to know them.
	Notebook = Profile{"notebook", "exploration: figures under pseudonyms; no names, no places, no sentences",
		[...]Handling{Keep, Pseudonym, Pseudonym, Hide, Hide, Keep, Keep, Hide}}
)

// Profiles lists all profiles.
var Profiles = []Profile{Analyst, Inspection, Telecom, Notebook}

// Allows reports whether a column may hold a value for the receiver, be it a pseudonym.
func (p Profile) Allows(c Column) bool { return p.Classes[c.Privacy] != Hide }

// A Secret is the key of pseudonyms. Whoever has it can find out which
// pseudonym an identifier has.
type Secret []byte

// Pseudonym returns "p-" and 80 bits of HMAC-SHA256 over the value; "" stays "".
func (s Secret) Pseudonym(value string) string {
	if value == "" {
		return ""
	}
	h := hmac.New(sha256.New, s)
	h.Write([]byte(value)) // never fails
	return "p-" + hex.EncodeToString(h.Sum(nil)[:10])
}

// Mask returns the rows as a receiver may see them. The rows given stay as they
// are. The secret may be nil if the profile has no pseudonyms.
func Mask[R any](rows []R, p Profile, secret Secret) []R {
	masked, cloned := rows, false
	for _, c := range TableOf[R]().Columns {
		handling := p.Classes[c.Privacy]
		if handling == Keep {
			continue
		}
		if !cloned {
			masked, cloned = slices.Clone(rows), true
		}
		for i := range masked {
			v := reflect.ValueOf(&masked[i]).Elem().FieldByIndex(c.Index)
			switch {
			case handling == Pseudonym && v.Kind() == reflect.String:
				v.SetString(secret.Pseudonym(v.String()))
			case handling == NoPersons && v.Kind() == reflect.String && !IsIndividual(v.String()):
			default:
				v.SetZero()
			}
		}
	}
	return masked
}
