package linkage

import (
	"math"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets/ref"
)

func testReader(t testing.TB) *Reader {
	t.Helper()
	regions, err := ref.LoadRegions(nil)
	if err != nil {
		t.Fatal(err)
	}
	places, err := ref.LoadPlaces(nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewReader(regions, places)
}

func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"Жезқазған", "Zhezkazgan", "Jezqazghan"}, {"Шымкент", "Shymkent", "Şymkent", "Chimkent"[:0] + "Shimkent"},
		{"Щучинск", "Shchuchinsk", "Schuchinsk"}, {"Кызылорда", "Qyzylorda", "Kyzylorda"}, {"Елтай", "Yeltay", "Eltai"},
		{"Юлия", "Yuliya", "Iuliia"}, {"Ахмет", "Akhmet", "Ahmet"}, {"Қоңырат", "Konyrat", "Qońyrat"}, {"Әл-Фараби", "Al-Farabi"},
	} {
		for _, s := range same[1:] {
			if Fold(s) != Fold(same[0]) {
				t.Errorf("%s is %s, %s is %s", same[0], Fold(same[0]), s, Fold(s))
			}
		}
	}
	if Fold("Караганда") == Fold("Кокшетау") {
		t.Error("two towns fold to one key")
	}
}

// Folding is done once: a folded text stays as it is but for the letters that
// stand for two, and holds nothing but plain letters and digits.
func FuzzFold(f *testing.F) {
	f.Add("ТОО «Щёлочь-2»")
	f.Add("\xff\x00ǵ")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range Fold(s) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				t.Errorf("%q folds to %q", s, Fold(s))
			}
		}
	})
}

// martha/marhta and dixon/dicksonx are the examples of Winkler (1990), dwayne/
// duane of Jaro (1989) as usually printed.
func TestJaroWinkler(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{{"martha", "marhta", 0.9611}, {"dixon", "dicksonx", 0.8133}, {"dwayne", "duane", 0.84}, {"", "a", 0}, {"a", "a", 1}, {"ab", "cd", 0}} {
		if got := jaroWinkler(tc.a, tc.b); math.Abs(got-tc.want) > 1e-4 {
			t.Errorf("%s, %s: %.4f, want %.4f", tc.a, tc.b, got, tc.want)
		}
		if jaroWinkler(tc.a, tc.b) != jaroWinkler(tc.b, tc.a) {
			t.Errorf("%s, %s: not symmetric", tc.a, tc.b)
		}
	}
}

// kitten/sitting is Levenshtein's 3; ca/ac is one swap.
func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"ca", "ac", 1}, {"abc", "abc", 0}, {"", "abc", 3}, {"abcd", "acbd", 1}, {strings.Repeat("a", 80), strings.Repeat("a", 80), 0}} {
		if got := edits(tc.a, tc.b, 5); got != tc.want {
			t.Errorf("%s, %s: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
	if got := edits("kitten", "sitting", 1); got != 2 {
		t.Errorf("beyond the limit: %d", got)
	}
}

func TestCompareNames(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"ТОО «Алтын Майнинг»", "Altyn Mining LLP", NameEqual},
		{"ЖШС Алтын Майнинг", "Товарищество с ограниченной ответственностью «Алтын-Майнинг»", NameEqual},
		{"АО «Самрук»", "Самрук АҚ", NameEqual},
		{"БитФарм", "Bit Farm LLP", NameEqual},
		{"ТОО «Шығыс Энерго»", "East Energy LLP", NameEqual},
		{"ТОО «Альфа-2»", "ТОО Альфа 2", NameEqual},
		{"ТОО «Байтерек»", "ТОО «Байтрек»", NameClose},
		{"ИП Иванов Алексей", "Иванов А.", NameClose},
		{"ИП Иванов А.Б.", "ИП Иванов Алексей Борисович", NameClose},
		{"ТОО «Альфа-2»", "ТОО «Альфа»", NameClose},
		{"ТОО «Альфа-1»", "ТОО «Альфа-2»", NamePartly},
		{"ТОО «Алтын»", "ТОО «Алтын Орда»", NamePartly},
		{"ИП Смирнов Нурлан", "ИП Смирнов Руслан", NamePartly},
		{"ТОО «Вектор»", "ТОО «Гранит»", NameDifferent},
		{"ТОО «Вектор Майнинг»", "ТОО «Гранит Майнинг»", NameDifferent},
		{"ТОО", "", 0}, {"", "ТОО «Вектор»", 0},
	} {
		a, b := ReadName(tc.a), ReadName(tc.b)
		if got := CompareNames(a, b); got != tc.want || CompareNames(b, a) != got {
			t.Errorf("%s, %s: %d and %d, want %d (%+v, %+v)", tc.a, tc.b, got, CompareNames(b, a), tc.want, a, b)
		}
	}
	for name, form := range map[string]string{"ТОО «X Y»": "llp", "X Y JSC": "jsc", "Жеке кәсіпкер Ахметов": "trader", "ТОО": "", "Шаруа қожалығы Дала": "farm", "Тоомас": ""} {
		if got := ReadName(name).Form; got != form {
			t.Errorf("%s: form %q, want %q", name, got, form)
		}
	}
}

func TestReadAddress(t *testing.T) {
	r := testReader(t)
	for _, same := range [][]string{
		{"г. Нур-Султан, ул. Кунаева, д. 5", "Астана қаласы, Қонаев көшесі, 5 үй", "Astana, Kunaev street, building 5", "010000, Казахстан, г.Астана, Кунаева 5, оф. 12"},
		{"Алматы, ул. Фурманова, 120", "Алматы қ., Нұрсұлтан Назарбаев даңғылы, 120", "Almaty city, Nazarbayev avenue, 120"},
		{"Алматинская область, г. Капчагай, ул. Абая, 7 а", "Konaev city, Abay street, 7a"},
		{"Карагандинская обл., г. Темиртау, пр. Республики, д. 12/3", "Қарағанды облысы, Теміртау қаласы, Республика даңғылы, 12/3 үй"},
		{"Костанайская область, Рудный, 50 лет Октября, 3", "Rudny, ул. 50 лет Октября, дом 3"},
		{"Павлодар, Складская 9", "Павлодар, Қойма көшесі, 9"},
	} {
		want := r.ReadAddress(same[0])
		if want.Town == "" || want.Street == "" || want.House == "" {
			t.Errorf("%s: %+v", same[0], want)
		}
		for _, s := range same[1:] {
			got := r.ReadAddress(s)
			if got.Town != want.Town || got.Street != want.Street || got.House != want.House {
				t.Errorf("%s: %+v, %s: %+v", same[0], want, s, got)
			}
		}
	}
	if a := r.ReadAddress("Almaty region, Konaev city"); a.Region != "19" {
		t.Errorf("region of Almaty oblast: %+v", a)
	}
	if a := r.ReadAddress("Kostanay, Rudny, Lenin 3"); a.Town != Fold("Рудный") || a.Region != "39" {
		t.Errorf("first town is the region: %+v", a)
	}
}

func FuzzReadAddress(f *testing.F) {
	r := testReader(f)
	f.Add("г. Алматы, ул. Абая, д. 5 а, кв. 7")
	f.Add("№-/ 5 . ,,;")
	f.Fuzz(func(t *testing.T, s string) {
		if a, b := r.ReadAddress(s), r.ReadAddress(s); a != b {
			t.Errorf("%q: %+v and %+v", s, a, b)
		}
	})
}

func TestComparePlaces(t *testing.T) {
	r := testReader(t)
	for _, tc := range []struct {
		name string
		a, b Record
		want int
	}{
		{"the same house", Record{Address: "Алматы, Абая 5"}, Record{Address: "г. Алматы, ул. Абая, д. 5"}, PlaceSame},
		{"street renamed since", Record{Address: "Алматы, Абая 5"}, Record{Address: "Алматы, Неизвестная 5"}, PlaceStreet},
		{"other house", Record{Address: "Алматы, Абая 5"}, Record{Address: "Алматы, Абая 15"}, PlaceStreet},
		{"other street and house", Record{Address: "Алматы, Абая 5"}, Record{Address: "Алматы, Гоголя 15"}, PlaceTown},
		{"other town", Record{Address: "Алматы, Абая 5"}, Record{Address: "Астана, Абая 5"}, PlaceElsewhere},
		{"town in both regions of the reform", Record{Address: "Восточно-Казахстанская область, г. Семей, Абая 5"}, Record{Address: "область Абай, Семей қаласы, Абай көшесі 5"}, PlaceSame},
		{"other region", Record{Region: "Атырау облысы"}, Record{KATO: "550000000"}, PlaceElsewhere},
		{"region split off", Record{Region: "Карагандинская область"}, Record{Region: "Ұлытау облысы"}, 0},
		{"nothing known", Record{}, Record{Address: "Алматы, Абая 5"}, 0},
		// 0.002 degrees of latitude are 222 m, 0.008 are 890 m, 0.05 are 5.6 km.
		{"222 m", Record{Lat: 43.240, Lon: 76.9}, Record{Lat: 43.242, Lon: 76.9}, PlaceSame},
		{"890 m", Record{Lat: 43.240, Lon: 76.9}, Record{Lat: 43.248, Lon: 76.9}, PlaceStreet},
		{"5.6 km", Record{Lat: 43.240, Lon: 76.9}, Record{Lat: 43.290, Lon: 76.9}, PlaceTown},
		{"56 km", Record{Lat: 43.240, Lon: 76.9}, Record{Lat: 43.740, Lon: 76.9}, PlaceElsewhere},
		{"one of the two is wrong", Record{Address: "Алматы, Абая 5", Lat: 43.24, Lon: 76.9}, Record{Address: "Алматы, Абая 5", Lat: 51.1, Lon: 71.4}, PlaceTown},
	} {
		a, b := r.Read(tc.a), r.Read(tc.b)
		if got := r.ComparePlaces(&a, &b); got != tc.want || r.ComparePlaces(&b, &a) != got {
			t.Errorf("%s: %d, want %d (%+v, %+v)", tc.name, got, tc.want, a, b)
		}
	}
}

func TestPatternCode(t *testing.T) {
	for c := range patterns {
		if got := patternOf(c).code(); got != c {
			t.Fatalf("code %d comes back as %d", c, got)
		}
	}
}

// EM finds the parameters by which patterns were made: 2 in 10,000 of 100
// million pairs belong together, with the m below, and BINs to anchor them.
func TestFit(t *testing.T) {
	truth := DefaultModel()
	truth.M[FieldName] = [5]float64{0, 0.05, 0.05, 0.3, 0.6}
	truth.M[FieldPlace] = [5]float64{0, 0.02, 0.08, 0.2, 0.7}
	truth.M[FieldBIN] = [5]float64{0, 0.01, 0.09, 0.9}
	var blocked, random Counts
	const total, share = 1e8, 0.0002
	for c := range patterns {
		p := patternOf(c)
		m, u := 1.0, 1.0
		for f, l := range p {
			m *= truth.M[f][l]
			u *= truth.U[f][l]
		}
		blocked[c] = int64(math.Round(total * (share*m + (1-share)*u)))
		random[c] = int64(math.Round(200_000 * u))
	}
	fit := DefaultModel().Fit(&blocked, &random, total)
	for _, f := range []int{FieldName, FieldPlace, FieldBIN} {
		for l := 1; l < levels[f]; l++ {
			if d := math.Abs(fit.M[f][l] - truth.M[f][l]); d > 0.02 {
				t.Errorf("field %d level %d: m %.3f, want %.3f", f, l, fit.M[f][l], truth.M[f][l])
			}
		}
	}
	if math.Abs(fit.Prior-share) > 0.00001 {
		t.Errorf("prior %.6f, want %.6f", fit.Prior, share)
	}
	// Few data move little.
	var few Counts
	few.Add(Pattern{NameDifferent, 0, BINEqual, PlaceElsewhere})
	if fit := DefaultModel().Fit(&few, &Counts{}, 10); fit.M[FieldName][NameEqual] < 0.78 {
		t.Errorf("one pair moves m to %v", fit.M[FieldName])
	}
}

func TestDecide(t *testing.T) {
	r := testReader(t)
	ix := NewIndex(r, []Record{
		{BIN: "940140000385", Name: "ТОО «Алтын Майнинг»", Address: "г. Алматы, ул. Абая, д. 5"},
		{BIN: "950341000052", Name: "ТОО «Гранит»", Address: "Караганда, Ерубаева 7"},
		{BIN: "961141000023", Name: "ЖШС «Гранит»", Address: "Қарағанды қ., Ерубаев көш., 7"},
	})
	for _, tc := range []struct {
		name string
		site Record
		want Outcome
	}{
		{"name and house", Record{Name: "Altyn Mining LLP", Address: "Almaty, Abay street 5"}, Match},
		{"name alone", Record{Name: "Altyn Mining LLP"}, Possible},
		{"name and house, another valid BIN", Record{BIN: "070941024691", Name: "Алтын Майнинг", Address: "Алматы, Абая 5"}, Possible},
		{"BIN with a slip, name", Record{BIN: "940140000485", Name: "Алтын Майнинг"}, Match},
		{"part of the name, house", Record{Name: "ТОО «Алтын Трейд»", Address: "Алматы, Абая 5"}, Possible},
		{"two entities of one name in one house", Record{Name: "Гранит", Address: "Караганда, Ерубаева 7"}, Possible},
		{"somebody else there", Record{Name: "ТОО «Вектор»", Address: "Алматы, Гоголя 5"}, None},
		{"a place names nobody", Record{Address: "Алматы, Абая 5"}, None},
	} {
		links := ix.Links(tc.site)
		if got, _ := ix.Decide(links); got != tc.want {
			t.Errorf("%s: %s, want %s; %+v", tc.name, got, tc.want, links)
		}
	}
}
