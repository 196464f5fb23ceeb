package sim

import (
	"strings"
)

// A regTown is a town with its names in Russian, Kazakh and English and its
// earlier ones.
type regTown struct {
	names    spelled
	old      []string
	region   string // code
	regions  [3]string
	lat, lon float64
	own      []regStreet
}

type regStreet struct {
	names spelled // the Russian one in the genitive where it honours a person
	old   string  // earlier name, "" if none
}

func (t *regTown) streets() []regStreet { return append(t.own, commonStreets...) }

var regTowns = []regTown{
	{spelled{"Астана", "Астана", "Astana"}, []string{"Нур-Султан", "Nur-Sultan", "Нұр-Сұлтан"}, "71", [3]string{"Астана", "г. Нур-Султан", "Astana"}, 51.13, 71.43,
		[]regStreet{{spelled{"Республики", "Республика", "Respublika"}, "Целинников"}, {spelled{"Женис", "Жеңіс", "Zhenis"}, "Победы"}, {spelled{"Мангилик Ел", "Мәңгілік Ел", "Mangilik El"}, ""}}},
	{spelled{"Алматы", "Алматы", "Almaty"}, []string{"Алма-Ата"}, "75", [3]string{"Алматы", "Алматы қаласы", "Almaty"}, 43.24, 76.90,
		[]regStreet{{spelled{"Назарбаева", "Нұрсұлтан Назарбаев", "Nazarbayev"}, "Фурманова"}, {spelled{"Толе би", "Төле би", "Tole Bi"}, "Комсомольская"}, {spelled{"Суюнбая", "Сүйінбай", "Suyunbay"}, "Красногвардейский тракт"}, {spelled{"Рыскулова", "Рысқұлов", "Ryskulov"}, ""}}},
	{spelled{"Шымкент", "Шымкент", "Shymkent"}, []string{"Чимкент"}, "79", [3]string{"Шымкент", "г. Шымкент", "Shymkent city"}, 42.32, 69.59, nil},
	{spelled{"Конаев", "Қонаев", "Konaev"}, []string{"Капчагай", "Қапшағай"}, "19", [3]string{"Алматинская область", "Алматы облысы", "Almaty region"}, 43.87, 77.06, nil},
	{spelled{"Талдыкорган", "Талдықорған", "Taldykorgan"}, nil, "33", [3]string{"Жетысуская область", "Жетісу облысы", "Алматинская область"}, 45.02, 78.37, nil},
	{spelled{"Семей", "Семей", "Semey"}, []string{"Семипалатинск"}, "10", [3]string{"область Абай", "Абай облысы", "Восточно-Казахстанская область"}, 50.42, 80.25, nil},
	{spelled{"Усть-Каменогорск", "Өскемен", "Oskemen"}, []string{"Ust-Kamenogorsk"}, "63", [3]string{"ВКО", "Шығыс Қазақстан облысы", "East Kazakhstan"}, 49.95, 82.62, nil},
	{spelled{"Жезказган", "Жезқазған", "Zhezkazgan"}, []string{"Джезказган"}, "62", [3]string{"область Улытау", "Ұлытау облысы", "Карагандинская область"}, 47.78, 67.71, nil},
	{spelled{"Караганда", "Қарағанды", "Karaganda"}, nil, "35", [3]string{"Карагандинская область", "Қарағанды облысы", "Karaganda"}, 49.80, 73.10,
		[]regStreet{{spelled{"Бухар жырау", "Бұқар жырау", "Bukhar Zhyrau"}, "Советский"}, {spelled{"Ерубаева", "Ерубаев", "Yerubayev"}, ""}}},
	{spelled{"Темиртау", "Теміртау", "Temirtau"}, nil, "35", [3]string{"Карагандинская обл.", "Қарағанды облысы", "Karaganda oblast"}, 50.06, 72.96, nil},
	{spelled{"Экибастуз", "Екібастұз", "Ekibastuz"}, nil, "55", [3]string{"Павлодарская область", "Павлодар облысы", "Pavlodar"}, 51.72, 75.32, nil},
	{spelled{"Павлодар", "Павлодар", "Pavlodar"}, nil, "55", [3]string{"Павлодарская область", "Павлодар облысы", "Pavlodar"}, 52.29, 76.97, nil},
	{spelled{"Костанай", "Қостанай", "Kostanay"}, []string{"Кустанай"}, "39", [3]string{"Костанайская область", "Қостанай облысы", "Kostanay"}, 53.21, 63.63, nil},
	{spelled{"Рудный", "Рудный", "Rudny"}, nil, "39", [3]string{"Костанайская область", "Қостанай облысы", "Kostanai"}, 52.96, 63.11, nil},
	{spelled{"Актобе", "Ақтөбе", "Aktobe"}, []string{"Актюбинск"}, "15", [3]string{"Актюбинская область", "Ақтөбе облысы", "Aktobe"}, 50.28, 57.21, nil},
	{spelled{"Уральск", "Орал", "Oral"}, nil, "27", [3]string{"ЗКО", "Батыс Қазақстан облысы", "West Kazakhstan"}, 51.23, 51.39, nil},
	{spelled{"Тараз", "Тараз", "Taraz"}, []string{"Джамбул"}, "31", [3]string{"Жамбылская область", "Жамбыл облысы", "Zhambyl"}, 42.90, 71.37, nil},
	{spelled{"Петропавловск", "Петропавл", "Petropavl"}, nil, "59", [3]string{"СКО", "Солтүстік Қазақстан облысы", "North Kazakhstan"}, 54.87, 69.15, nil},
	{spelled{"Кокшетау", "Көкшетау", "Kokshetau"}, []string{"Кокчетав"}, "11", [3]string{"Акмолинская область", "Ақмола облысы", "Akmola"}, 53.28, 69.39, nil},
	{spelled{"Балхаш", "Балқаш", "Balkhash"}, nil, "35", [3]string{"Карагандинская область", "Қарағанды облысы", "Karaganda"}, 46.85, 74.98, nil},
}

// commonStreets are found in every town.
var commonStreets = func() (list []regStreet) {
	for _, s := range [][3]string{
		{"Абая", "Абай", "Abay"}, {"Ауэзова", "Әуезов", "Auezov"}, {"Гагарина", "Гагарин", "Gagarin"}, {"Пушкина", "Пушкин", "Pushkin"},
		{"Сатпаева", "Сәтбаев", "Satpayev"}, {"Кунаева", "Қонаев", "Kunayev"}, {"Жамбыла", "Жамбыл", "Zhambyl"}, {"Валиханова", "Уәлиханов", "Valikhanov"},
		{"Алтынсарина", "Алтынсарин", "Altynsarin"}, {"Момышулы", "Момышұлы", "Momyshuly"}, {"Гоголя", "Гоголь", "Gogol"}, {"Чехова", "Чехов", "Chekhov"},
		{"Набережная", "Жағалау", "Naberezhnaya"}, {"Промышленная", "Өнеркәсіп", "Promyshlennaya"}, {"Заводская", "Зауыт", "Zavodskaya"}, {"Складская", "Қойма", "Skladskaya"},
		{"Жибек Жолы", "Жібек жолы", "Zhibek Zholy"}, {"Бейбитшилик", "Бейбітшілік", "Beibitshilik"}, {"Тауелсиздик", "Тәуелсіздік", "Tauelsizdik"}, {"Астана", "Астана", "Astana"},
	} {
		list = append(list, regStreet{names: s})
	}
	return list
}()

// address writes a company's address in a language, as one of several offices
// would; slips adds what a supplier's records suffer from.
func (g *registerMaker) address(c company, lang int, slips bool) string {
	t := &regTowns[c.town]
	s := t.streets()[c.street]
	town, street, house := t.names[lang], s.names[lang], c.house
	if slips && g.chance(oldNames) {
		if len(t.old) > 0 {
			town = t.old[g.IntN(len(t.old))]
		}
		if s.old != "" {
			street = s.old
		}
	}
	if slips && g.chance(newStreet) {
		street = pick(g, []string{"Новая", "Центральная", "Школьная"})
	}
	if slips && g.chance(noHouse) {
		house = ""
	}
	region := t.regions[min(lang, 2)]
	var parts []string
	if g.chance(0.3) {
		parts = append(parts, region)
	}
	switch lang {
	case 0:
		parts = append(parts, pick(g, []string{"г. ", "г.", "город ", ""})+town, pick(g, []string{"ул. ", "улица ", "ул.", "пр. ", ""})+street)
		if house != "" {
			parts = append(parts, pick(g, []string{"д. ", "дом ", "", "зд. "})+house)
		}
	case 1:
		parts = append(parts, town+pick(g, []string{" қаласы", " қ.", ""}), street+pick(g, []string{" көшесі", " көш.", " даңғылы"}))
		if house != "" {
			parts = append(parts, house+pick(g, []string{" үй", ""}))
		}
	default:
		parts = append(parts, town+pick(g, []string{" city", ""}), street+pick(g, []string{" street", " str.", " ave."}))
		if house != "" {
			parts = append(parts, pick(g, []string{"", "building ", "house "})+transliterate(house, 0))
		}
	}
	if g.chance(0.15) {
		parts = append(parts, pick(g, []string{"офис 5", "оф. 12", "кв. 7"}))
	}
	return strings.Join(parts, ", ")
}

// alphabets are systems of transliteration in use side by side. They are
// written out here, apart from those that linkage folds, so that neither checks
// itself.
var alphabets = []map[rune]string{
	letters("zh kh ts ch sh shch yu ya y i y"),
	letters("j h c ch sh sch yu ya i y y"),
	letters("zh h ts ch sh sh iu ia y i i"),
}

// letters completes a system by how it writes ж х ц ч ш щ ю я ы и й.
func letters(some string) map[rune]string {
	of := map[rune]string{}
	for i, r := range []rune("жхцчшщюяыий") {
		of[r] = strings.Fields(some)[i]
	}
	for i, r := range []rune("абвгдезклмнопрстуфэёәғқңөұүі") {
		of[r] = strings.Fields("a b v g d e z k l m n o p r s t u f e yo a g k n o u u i")[i]
	}
	of['ь'], of['ъ'] = "", ""
	return of
}

func transliterate(s string, system int) string {
	var b strings.Builder
	for _, r := range s {
		low := []rune(strings.ToLower(string(r)))[0]
		l, ok := alphabets[system][low]
		switch {
		case !ok:
			b.WriteRune(r)
		case low != r && l != "":
			b.WriteString(strings.ToUpper(l[:1]) + l[1:])
		default:
			b.WriteString(l)
		}
	}
	return b.String()
}
