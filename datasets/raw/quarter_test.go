package raw

import "testing"

func TestWrittenQuarter(t *testing.T) {
	for s, want := range map[string]string{
		"1 кв. 2023": "2023Q1", "IV квартал 2023 г.": "2023Q4", "Q2 2023": "2023Q2", "3Q2023": "2023Q3", "1-тоқсан 2023": "2023Q1",
		"2023 г. 2 кв": "2023Q2", "ІІ кв 2023": "2023Q2", "1кв2023": "", "5 кв. 2023": "", "2023": "", "кв": "", "1 2 2023": "", "2023Q12": "",
	} {
		q, ok := writtenQuarter(s)
		if q.String() != want || ok != (want != "") {
			t.Errorf("writtenQuarter(%q) = %v, %v; want %q", s, q, ok, want)
		}
	}
}
