package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A LabelledRegister is a made-up register of miners and a supplier's sites,
// with the truth of which site belongs to whom.
type LabelledRegister struct {
	Entries []datasets.RegistryEntry
	Sites   []datasets.Site
	Holder  []string // BIN of the entry that holds the site, "" if nobody in the register does
	Kind    []string // how the site was made, see Register
}

// Shares of the slips that a supplier's records are made with, each on its own.
// They are assumptions: no labelled register was to be had.
const (
	noBIN        = 0.60 // the number is missing
	slipInBIN    = 0.20 // a digit wrong, or two swapped
	translated   = 0.45 // the name in another language or transliteration than the register's
	otherForm    = 0.30 // the legal form in another language, spelled out, or left out
	typoInName   = 0.25 // one slip of the keyboard
	secondTypo   = 0.04 // a second one
	wordsTurned  = 0.05
	otherAddress = 0.55 // the address in another language or with other short forms
	oldNames     = 0.25 // town or street under an earlier name, where it had one
	newStreet    = 0.03 // street renamed since, and no table knows it
	noHouse      = 0.04
	noAddress    = 0.05
	noPlace      = 0.25 // coordinates missing
	cityCentre   = 0.05 // coordinates of the town's centre
	reRegistered = 0.01 // the supplier still has the company's earlier, unrelated name
)

// Register makes a register of entities and sites of them and of others, all
// invented; every entity has one site. Kinds of sites: entity; stranger,
// household; and those that are easily taken for an entity: neighbour (same
// building), namesake (same name, other town), sibling (same name with another
// number or word, same building), double (same name, same town, other company).
func Register(seed uint64, entities, others int) LabelledRegister {
	g := registerMaker{Rand: rand.New(rand.NewPCG(seed, 0x72656769))}
	var r LabelledRegister
	companies := make([]company, entities)
	for i := range companies {
		companies[i] = g.company()
		r.Entries = append(r.Entries, g.entry(companies[i]))
	}
	add := func(c company, holder, kind string) {
		s := g.site(c, kind)
		s.SiteID = fmt.Sprintf("S%07d", len(r.Sites))
		r.Sites, r.Holder, r.Kind = append(r.Sites, s), append(r.Holder, holder), append(r.Kind, kind)
	}
	for _, c := range companies {
		add(c, c.bin, "entity")
	}
	for i := range others {
		c, kind := g.company(), "stranger"
		switch near := i < int(alikePerEntity*float64(entities)); {
		case near:
			c, kind = g.alike(c, companies[g.IntN(entities)])
		case g.chance(0.3):
			c, kind = g.person(c), "household"
		}
		add(c, "", kind)
	}
	return r
}

// A spelled is a word in Russian, Kazakh and English.
type spelled [3]string

type company struct {
	bin    string
	form   int
	words  []spelled // without a second and third spelling, to be transliterated
	number string
	person bool
	town   int
	street int
	house  string
	lat    float64
	lon    float64
}

type registerMaker struct {
	*rand.Rand
}

func (g *registerMaker) chance(p float64) bool { return g.Float64() < p }

func pick[T any](g *registerMaker, list []T) T { return list[g.IntN(len(list))] }

var legalForms = [][3][]string{
	{{"ТОО", "Товарищество с ограниченной ответственностью"}, {"ЖШС", "Жауапкершілігі шектеулі серіктестігі"}, {"LLP", "Limited Liability Partnership"}},
	{{"АО", "Акционерное общество"}, {"АҚ", "Акционерлік қоғамы"}, {"JSC", "Joint Stock Company"}},
	{{"ИП", "Индивидуальный предприниматель"}, {"ЖК", "Жеке кәсіпкер"}, {"IE", "Individual Entrepreneur"}},
}

//nolint:misspell // transliterated words
var business = []spelled{
	{"Майнинг", "Майнинг", "Mining"}, {"Дата Центр", "Дата Орталығы", "Data Center"}, {"Энерго", "Энерго", "Energy"}, {"Групп", "Тобы", "Group"},
	{"Сервис", "Қызмет", "Service"}, {"Крипто", "Крипто", "Crypto"}, {"Диджитал", "Диджитал", "Digital"}, {"Трейд", "Трейд", "Trade"},
	{"Строй", "Құрылыс", "Stroy"}, {"Инвест", "Инвест", "Invest"}, {"Тех", "Тех", "Tech"}, {"Агро", "Агро", "Agro"}, {"Компани", "Компания", "Company"},
}

var roots = strings.Fields(`Алтын Нур Жулдыз Асыл Темир Самрук Береке Байтерек Сарыарка Улытау Каспий Балхаш Тобол Иртыш Достык Бирлик Керуен Шанырак
	Жибек Тулпар Барыс Сункар Кыран Арман Даму Жигер Отан Мерей Айдын Ерке Дала Орда Тамшы Булак Шапагат Рахат Арай Сапа Табыс Жетысу
	Вектор Орион Гранит Статус Феникс Атлант Меркурий Прогресс Альянс Горизонт Монолит Импульс Фортуна Эталон Мегаполис Стандарт Квант`)

var syllables = strings.Fields(`ал ар ас ай бек бай бол дан дар ди ел ер жан жар ка кен кул лан ма мат мер на нур ра рас са сат сер су та тал тен ту хан шах ши ян`)

var surnames = strings.Fields(`Иванов Петров Ахметов Сериков Нурланов Касымов Жумабаев Оспанов Сулейменов Абдрахманов Ибраев Токтаров Бекмуханов Ким Цой Шевченко
	Кузнецов Смирнов Садыков Каримов Мусин Байжанов Искаков Алиев Омаров Тулегенов Кенжебаев Досжанов Ермеков Юсупов Хасенов Щербаков Чернов Жуков`)

var givenNames = strings.Fields(`Алексей Айдар Бауржан Виктор Данияр Ерлан Жанна Игорь Марат Нурлан Олег Руслан Сергей Тимур Шолпан Юлия`)

func (g *registerMaker) company() company {
	c := company{bin: g.bin("40"), form: 0, town: g.IntN(len(regTowns)), house: g.house()}
	c.street = g.IntN(len(regTowns[c.town].streets()))
	c.lat, c.lon = g.placed(c.town)
	switch {
	case g.chance(0.15):
		return g.person(c)
	case g.chance(0.08):
		c.form = 1
	}
	first := pick(g, roots)
	if g.chance(0.6) {
		first = ""
		for range 2 + g.IntN(2) {
			first += pick(g, syllables)
		}
		first = strings.ToUpper(first[:2]) + first[2:] // a Cyrillic letter has two bytes
	}
	c.words = []spelled{{first}}
	if g.chance(0.5) {
		c.words = append(c.words, spelled{pick(g, roots)})
	}
	if g.chance(0.7) {
		c.words = append(c.words, pick(g, business))
	}
	if g.chance(0.06) {
		c.number = fmt.Sprint(1 + g.IntN(9))
	}
	return c
}

// bin makes up a number with a right check digit; kind is its fifth and sixth digit.
func (g *registerMaker) bin(kind string) string {
	for {
		head := fmt.Sprintf("%02d%02d%s%05d", 3+g.IntN(20), 1+g.IntN(12), kind, g.IntN(100_000))
		for check := range 10 {
			if b := head + fmt.Sprint(check); datasets.CheckBIN(b) == nil {
				return b
			}
		}
	}
}

func (g *registerMaker) house() string {
	h := fmt.Sprint(1 + g.IntN(180))
	switch p := g.Float64(); {
	case p < 0.12:
		h += pick(g, []string{"а", "б", "в"})
	case p < 0.24:
		h += fmt.Sprintf("/%d", 1+g.IntN(6))
	}
	return h
}

func (g *registerMaker) placed(town int) (lat, lon float64) {
	t := regTowns[town]
	return round5(t.lat + 0.03*g.NormFloat64()), round5(t.lon + 0.045*g.NormFloat64())
}

func round5(v float64) float64 { return math.Round(v*1e5) / 1e5 }

// alikePerEntity is how many of the others are easily taken for an entity, for
// each entity.
const alikePerEntity = 0.9

// person makes a company one person, without a business.
func (g *registerMaker) person(c company) company {
	c.form, c.person, c.bin, c.number = 2, true, g.bin("01"), ""
	c.words = []spelled{{pick(g, surnames)}, {pick(g, givenNames)}}
	return c
}

// alike makes c like a company of the register.
func (g *registerMaker) alike(c, near company) (company, string) {
	switch p := g.Float64(); {
	case p < 0.55:
		c.town, c.street, c.house, c.lat, c.lon = near.town, near.street, near.house, near.lat, near.lon
		return c, "neighbour"
	case p < 0.83:
		c.words, c.number, c.form, c.person = near.words, near.number, near.form, near.person
		c.town = (near.town + 1 + g.IntN(len(regTowns)-1)) % len(regTowns)
		c.street = g.IntN(len(regTowns[c.town].streets()))
		c.lat, c.lon = g.placed(c.town)
		return c, "namesake"
	case p < 0.95:
		return g.sibling(c, near), "sibling"
	}
	c.words, c.number, c.form, c.person, c.town = near.words, near.number, near.form, near.person, near.town
	c.street = g.IntN(len(regTowns[c.town].streets()))
	c.lat, c.lon = g.placed(c.town)
	return c, "double"
}

// sibling makes c a company of the same owners, or a relative, in the same building.
func (g *registerMaker) sibling(c, near company) company {
	bin := c.bin
	c = near
	c.bin = bin
	switch c.number = fmt.Sprint(1 + g.IntN(9)); {
	case c.person:
		c.words, c.number = []spelled{near.words[0], {pick(g, givenNames)}}, ""
	case near.number == "" || c.number == near.number:
		c.number = near.number
		c.words = append(append([]spelled(nil), near.words...), spelled{pick(g, roots)})
	}
	return c
}

// entry is how the register writes a company: mostly in Russian.
func (g *registerMaker) entry(c company) datasets.RegistryEntry {
	lang := 0
	if g.chance(0.25) {
		lang = 1 + g.IntN(2)
	}
	t := regTowns[c.town]
	return datasets.RegistryEntry{
		BIN: c.bin, Name: g.name(c, lang, false), Category: "miner", NotifiedOn: 18_700, DeclaredMW: 1,
		KATO: t.region + "0000000", Address: g.address(c, lang, false), Lat: c.lat, Lon: c.lon,
	}
}

// site is how a supplier writes it.
func (g *registerMaker) site(c company, kind string) datasets.Site {
	lang := 0
	if g.chance(translated) {
		lang = 1 + g.IntN(2)
	}
	named := c
	if kind == "entity" && g.chance(reRegistered) {
		named.words = g.company().words
	}
	s := datasets.Site{Name: g.name(named, lang, true), BIN: c.bin, Lat: c.lat, Lon: c.lon}
	switch p := g.Float64(); {
	case p < noBIN || kind == "household" && p < 0.9:
		s.BIN = ""
	case p < noBIN+slipInBIN:
		s.BIN = g.slipDigits(s.BIN)
	}
	if kind == "household" {
		s.AccountType, s.TariffGroup = "household", "household"
	}
	if !g.chance(noAddress) {
		lang = 0
		if g.chance(otherAddress) {
			lang = g.IntN(3)
		}
		s.Address = g.address(c, lang, true)
	}
	s.Region = regTowns[c.town].regions[g.IntN(3)]
	switch {
	case g.chance(noPlace):
		s.Lat, s.Lon = 0, 0
	case g.chance(cityCentre):
		s.Lat, s.Lon = regTowns[c.town].lat, regTowns[c.town].lon
	default:
		s.Lat, s.Lon = round5(s.Lat+0.0005*g.NormFloat64()), round5(s.Lon+0.0007*g.NormFloat64())
	}
	return s
}

func (g *registerMaker) slipDigits(s string) string {
	b := []byte(s)
	i := g.IntN(11)
	if g.chance(0.3) && b[i] != b[i+1] {
		b[i], b[i+1] = b[i+1], b[i]
	} else {
		b[i] = '0' + (b[i]-'0'+1+byte(g.IntN(9)))%10
	}
	return string(b)
}

// name writes a company's name in a language; slips adds those of a supplier.
func (g *registerMaker) name(c company, lang int, slips bool) string {
	script := g.IntN(len(alphabets))
	var parts []string
	for i, w := range c.words {
		text := w[0]
		switch {
		case w[lang] != "":
			text = w[lang]
		case lang == 2:
			text = transliterate(text, script)
		}
		if c.person && i > 0 && slips && g.chance(0.4) {
			text = string([]rune(text)[:1]) + "."
		}
		parts = append(parts, text)
	}
	if slips && len(parts) > 1 && g.chance(wordsTurned) {
		parts[0], parts[len(parts)-1] = parts[len(parts)-1], parts[0]
	}
	core := strings.Join(parts, " ")
	if slips && g.chance(typoInName) {
		core = g.typo(core)
		if g.chance(secondTypo / typoInName) {
			core = g.typo(core)
		}
	}
	if c.number != "" {
		core += pick(g, []string{"-", " "}) + c.number
	}
	form := legalForms[c.form][lang][0]
	if slips && g.chance(otherForm) {
		form = pick(g, append([]string{""}, legalForms[c.form][g.IntN(3)]...))
	}
	switch {
	case form == "":
		return core
	case lang == 0 && g.chance(0.6):
		return form + " «" + core + "»"
	case lang == 2 || g.chance(0.3):
		return core + " " + form
	}
	return form + " \"" + core + "\""
}

// typo makes one slip in a letter after the first.
func (g *registerMaker) typo(s string) string {
	r := []rune(s)
	if len(r) < 4 {
		return s
	}
	i := 1 + g.IntN(len(r)-2)
	switch g.IntN(4) {
	case 0: // left out
		return string(r[:i]) + string(r[i+1:])
	case 1: // twice
		return string(r[:i]) + string(r[i:i+1]) + string(r[i:])
	case 2: // swapped
		r[i], r[i+1] = r[i+1], r[i]
	default: // another letter
		r[i] = pick(g, []rune("аеионрст"))
	}
	return string(r)
}
