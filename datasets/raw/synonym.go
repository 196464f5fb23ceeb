package raw

import "strings"

// Synonyms of columns in Russian, without spaces and punctuation at the ends,
// in lower case, and with one spelling of the unit. Only names that can mean
// nothing else.
var synonyms = map[string]string{
	"дата": partDate, "время": partTime, "дата и время": "ts", "дата/время": "ts",
	"потребление, квтч": "kwh", "потребление квтч": "kwh", "потребление (квтч)": "kwh", "расход, квтч": "kwh", "расход (квтч)": "kwh",
	"активная энергия, квтч": "kwh", "активная энергия (квтч)": "kwh", "квтч": "kwh",
	"реактивная энергия, кварч": "kvarh", "реактивная энергия (кварч)": "kvarh", "кварч": "kvarh",
	"точка учета": "site_id", "код точки учета": "site_id", "лицевой счет": "site_id", "номер лицевого счета": "site_id", "№ лицевого счета": "site_id",
	"наименование": "name", "адрес": "address", "бин": "bin", "бин/иин": "bin", "иин/бин": "bin", "като": "kato", "окэд": "oked",
	"регион": "region", "область": "region", "квартал": "quarter", "месяц": partMonth, "month": partMonth,
	"начало периода": "period_start", "конец периода": "period_end", "начальное показание": partRegStart, "конечное показание": partRegEnd,
	"коэффициент трансформации": partRatio,
	"налог, тенге":              "tax_kzt", "сумма налога, тенге": "tax_kzt", "сумма платы, тенге": "tax_kzt",
	"дата уведомления": "notified_on", "заявленная мощность, мвт": "declared_mw", "номер лицензии": "license_no",
}

var spellings = strings.NewReplacer("ё", "е", "\u00a0", " ", "квт·ч", "квтч", "квт*ч", "квтч", "квт.ч", "квтч", "квт-ч", "квтч", "квт ч", "квтч", "квар·ч", "кварч", "квар*ч", "кварч", "квар-ч", "кварч", "квар ч", "кварч")

// synonym returns what a delivered name means for the table, "" if nothing.
func (l *loader) synonym(name string) string {
	s := synonyms[strings.Join(strings.Fields(spellings.Replace(name)), " ")]
	switch s {
	case "":
	case partDate, partTime:
		if s == partDate && l.known("date") || !l.known("ts") {
			return ""
		}
	case partMonth:
		if !l.known("period_start") {
			return ""
		}
	case partRegStart, partRegEnd, partRatio:
		if l.table.Name != "billing" {
			return ""
		}
	default:
		if !l.known(s) {
			return ""
		}
	}
	return s
}
