package linkage

import (
	"strings"

	"github.com/minewatch/minewatch/datasets/ref"
)

// Reader holds the tables by which records are read. It may be used by several
// goroutines.
type Reader struct {
	regions ref.Regions
	names   map[string]string // region code by name as written
	splits  map[string]string // region and the one that it was part of
	towns   map[string]town
	cities  map[string]string    // town by the region that is nothing but this city
	streets map[[2]string]string // town key and street to the present street
}

type town struct{ key, region string }

// NewReader makes a reader of the regions and places.
func NewReader(regions ref.Regions, places ref.Places) *Reader {
	r := &Reader{regions: regions, names: map[string]string{}, splits: map[string]string{}, towns: map[string]town{}, cities: map[string]string{}, streets: map[[2]string]string{}}
	for _, g := range regions {
		if g.SplitFrom != "" {
			r.splits[g.Code] = g.SplitFrom
		}
		for _, n := range append([]string{g.NameEN, g.NameRU, g.NameKK}, g.Aliases...) {
			r.names[strings.ToLower(n)] = g.Code
		}
	}
	for _, p := range places {
		if p.Kind == "town" {
			for _, n := range p.Names {
				r.towns[Fold(n)] = town{Fold(p.Names[0]), p.Region}
			}
			for _, g := range regions {
				if g.Code == p.Region && g.NameRU == p.Names[0] {
					r.cities[g.Code] = Fold(p.Names[0])
				}
			}
			continue
		}
		for _, n := range p.Names {
			r.streets[[2]string{Fold(p.Town), streetKey(Fold(n))}] = streetKey(Fold(p.Names[0]))
		}
	}
	return r
}

// regionOf returns the code of a region by any of its names, "" if unknown.
func (r *Reader) regionOf(name string) string {
	if name == "" {
		return ""
	}
	if code, ok := r.names[strings.ToLower(name)]; ok {
		return code
	}
	g, ok := r.regions.Find(name)
	if !ok {
		return ""
	}
	return g.Code
}

// regionNamed is regionOf for a name without the word for region, where such
// a word stood beside it: "Almaty" then is the region and not the city.
func (r *Reader) regionNamed(name string, typed bool) string {
	for _, with := range []string{" region", " область", " облысы"} {
		if code := r.names[strings.ToLower(name+with)]; typed && code != "" {
			return code
		}
	}
	return r.regionOf(name)
}

func (r *Reader) street(town, street string) string {
	k := streetKey(street)
	if common, ok := streetWords[k]; ok {
		k = common
	}
	if now, ok := r.streets[[2]string{town, k}]; ok {
		return now
	}
	return k
}

// streetWords are names of streets that Kazakh and Russian translate, or spell
// so differently that folding does not bring them together.
var streetWords = func() map[string]string {
	of := map[string]string{}
	for line := range strings.Lines(`Складская Қойма
		Заводская Зауыт
		Промышленная Өнеркәсіп
		Набережная Жағалау
		Центральная Орталық
		Школьная Мектеп
		Молодежная Жастар
		Победы Жеңіс Женис
		Мира Бейбітшілік Бейбитшилик
		Дружбы Достық Достык
		Независимости Тәуелсіздік
		Железнодорожная Теміржол
		Степная Дала
		Садовая Бақ
		Северная Солтүстік
		Южная Оңтүстік
		Новая Жаңа
		Рабочая Жұмысшы
		Кунаева Қонаев
		Сатпаева Сәтбаев
		Валиханова Уәлиханов
		Ауэзова Әуезов`) {
		names := strings.Fields(line)
		for _, n := range names {
			of[streetKey(Fold(n))] = streetKey(Fold(names[0]))
		}
	}
	return of
}()

// streetKey drops the endings in which Russian and Kazakh name a street after a
// person: "Абая" and "Абай", "Суюнбая" and "Сүйінбай".
func streetKey(s string) string {
	for _, end := range []string{"aia", "ia", "a", "i"} {
		if t, ok := strings.CutSuffix(s, end); ok && len(t) >= 3 {
			return t
		}
	}
	return s
}

// related reports whether two regions are one, or one was part of the other.
func (r *Reader) related(a, b string) bool {
	return a == b || r.splits[a] == b || r.splits[b] == a || r.splits[a] != "" && r.splits[a] == r.splits[b]
}
