package linkage

import (
	"strings"
	"unicode"
)

// An Address is an address cut into its parts, in folded letters.
type Address struct {
	Region string // code of the region
	Town   string // key of the town, whatever its name was
	Street string
	House  string
}

// A partKind is what a word such as "street" says of its neighbours.
type partKind int8

const (
	unknownPart partKind = iota
	regionPart
	districtPart
	townPart
	streetPart
	housePart
	flatPart
	countryPart
)

// A typeWord stands before the name that it describes, behind it, or either.
type typeWord struct {
	kind           partKind
	before, behind bool
}

var typeWords = func() map[string]typeWord {
	of := map[string]typeWord{}
	add := func(kind partKind, before, behind bool, list string) {
		for _, w := range strings.Fields(list) {
			of[w] = typeWord{kind, before, behind}
		}
	}
	add(regionPart, true, true, "обл область")
	add(regionPart, false, true, "облысы oblast oblysy region")
	add(districtPart, true, true, "р-н район")
	add(districtPart, false, true, "ауданы ауд district audany")
	add(townPart, true, false, "г гор город с село п пос поселок пгт ст станция")
	add(townPart, false, true, "қ қаласы city qalasy ауыл ауылы village кенті settlement auyly")
	add(streetPart, true, false, "ул улица пр просп проспект пр-т пр-кт пер переулок бульвар бул б-р шоссе тупик проезд ulitsa ul prospekt")
	add(streetPart, false, true, "көшесі көш street str st даңғылы даңғ avenue ave av lane бульвары boulevard blvd koshesi kosh dangyly road rd")
	add(streetPart, true, true, "мкр мкрн микрорайон м-н mkr")
	add(streetPart, false, true, "ықшамауданы ы/а")
	add(housePart, true, false, "д дом зд здание house building bldg уч участок строение no n №")
	add(housePart, false, true, "үй ғимарат ғимараты uy")
	add(flatPart, true, false, "кв квартира оф офис office каб кабинет пом помещение apt room комн этаж пәтер бөлме кабинеті")
	add(countryPart, true, true, "казахстан қазақстан kazakhstan республика республикасы republic рк of")
	return of
}()

// ReadAddress cuts an address into its parts. Names without a word for what
// they are become, in this order: a town that the tables know, a region, the
// street if a number follows, else the town, else the street.
func (r *Reader) ReadAddress(s string) Address {
	p := parser{r: r}
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(s), "ё", "е"), "№", " № ")
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ';' || c == '(' || c == ')' }) {
		p.part(addressWords(part))
	}
	p.a.Street = r.street(p.a.Town, p.a.Street)
	return p.a
}

// addressWords splits a part at blanks and full stops; the letter of a house is
// joined to its number.
func addressWords(part string) []string {
	fields := strings.FieldsFunc(part, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '/' && c != '-' && c != '№'
	})
	dotted := func(w string) bool { return strings.Contains(part, w+".") }
	var out []string
	for _, w := range fields {
		last := len(out) - 1
		if c := []rune(w); last >= 0 && len(c) == 1 && unicode.IsLetter(c[0]) && !dotted(w) && isNumber(out[last]) {
			out[last] += w
			continue
		}
		out = append(out, strings.Trim(w, "-/"))
	}
	return out
}

func isNumber(w string) bool { return w != "" && w[0] >= '0' && w[0] <= '9' }

// A parser reads the parts of one address.
type parser struct {
	r      *Reader
	a      Address
	names  []string // words that wait for their kind
	kind   partKind // of the names that follow
	region bool     // the region was named as such
	guess  bool     // the town was not named as such
}

func (p *parser) part(words []string) {
	for i, w := range words {
		if w == "" || len(w) == 6 && strings.Trim(w, "0123456789") == "" { // a postcode
			continue
		}
		if t, ok := typeWords[w]; ok && !p.isName(words, i) {
			p.typeWord(t)
			continue
		}
		if isNumber(w) && p.number(w, i+1 < len(words) && !isNumber(words[i+1]) && typeWords[words[i+1]].kind == unknownPart) {
			continue
		}
		p.names = append(p.names, w)
	}
	p.flush(p.kind)
	p.kind = unknownPart
}

// isName reports whether a word that could be a type word is a name, as in
// "улица Республики".
func (p *parser) isName(words []string, i int) bool {
	return typeWords[words[i]].kind == countryPart && (p.kind == streetPart || i+1 < len(words) && typeWords[words[i+1]].kind == streetPart)
}

func (p *parser) typeWord(t typeWord) {
	if t.behind && len(p.names) > 0 && (p.kind == unknownPart || !t.before) {
		p.flush(t.kind)
		p.kind = unknownPart
		return
	}
	p.flush(p.kind)
	if t.before {
		p.kind = t.kind
	}
}

// number takes a number as house or flat; false leaves it in the name, as in
// "8 марта" or "мкр 5".
func (p *parser) number(w string, nameFollows bool) bool {
	switch {
	case p.kind == flatPart:
		p.kind = unknownPart
		return true
	case p.kind == housePart:
		p.house(w)
		p.kind = unknownPart
		return true
	case p.kind == streetPart && len(p.names) == 0 || nameFollows && len(p.names) == 0 && p.a.Street == "":
		return false
	case p.a.House != "":
		p.flush(p.kind)
		return true // a flat without its word
	}
	guess := p.kind
	if guess == unknownPart && len(p.names) > 0 && p.a.Street == "" {
		guess = streetPart
		if p.known(strings.Join(p.names, " ")) {
			guess = unknownPart
		}
	}
	p.flush(guess)
	p.house(w)
	return true
}

// known reports whether a name is a town's or a region's in the tables, and no
// street may be meant since none of the address is a town yet.
func (p *parser) known(name string) bool {
	_, ok := p.r.towns[Fold(name)]
	return ok && p.a.Town == ""
}

func (p *parser) house(w string) {
	if p.a.House == "" {
		p.a.House = strings.ReplaceAll(Fold(strings.ReplaceAll(w, "-", "/")), "/", "")
		if i := strings.IndexAny(w, "/-"); i > 0 && i+1 < len(w) && isNumber(w[i+1:]) {
			p.a.House = Fold(w[:i]) + "/" + Fold(w[i+1:])
		}
	}
}

// flush gives the names that wait their kind.
func (p *parser) flush(kind partKind) {
	name := strings.Join(p.names, " ")
	p.names = p.names[:0]
	if name == "" {
		return
	}
	folded := Fold(name)
	town, isTown := p.r.towns[folded]
	switch {
	case kind == townPart || kind == unknownPart && isTown && (p.a.Town == "" || p.guess && p.a.Region == town.region):
		// Of two towns without a word for it the first names the region: "Kostanay, Rudny".
		p.guess = kind == unknownPart && p.a.Town == ""
		if isTown {
			p.a.Town = town.key
			if !p.region {
				p.a.Region = town.region
			}
		} else if p.a.Town == "" || kind == townPart {
			p.a.Town = folded
		}
	case kind == regionPart || kind == unknownPart && p.a.Region == "" && p.r.regionOf(name) != "":
		if code := p.r.regionNamed(name, kind == regionPart); code != "" {
			p.a.Region, p.region = code, true
		}
	case kind == districtPart, kind == flatPart, kind == countryPart, kind == housePart:
	case kind == streetPart || p.a.Town != "":
		if p.a.Street == "" || kind == streetPart && len(folded) > 2 {
			p.a.Street = folded
		}
	default:
		p.a.Town = folded
	}
}
