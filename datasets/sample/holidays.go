package sample

import "time"

// CambridgeHolidays returns the bank holidays of England and Wales from 2017 to 2019, at
// 00:00 UTC, which the University meters keep. Source: Banking and Financial Dealings
// Act 1971, with the days in place of those on a weekend (gov.uk/bank-holidays).
func CambridgeHolidays() []time.Time {
	days := make([]time.Time, len(bankHolidays))
	for i, d := range bankHolidays {
		days[i] = time.Date(d[0], time.Month(d[1]), d[2], 0, 0, 0, 0, time.UTC)
	}
	return days
}

var bankHolidays = [][3]int{
	{2017, 1, 2}, {2017, 4, 14}, {2017, 4, 17}, {2017, 5, 1}, {2017, 5, 29}, {2017, 8, 28}, {2017, 12, 25}, {2017, 12, 26},
	{2018, 1, 1}, {2018, 3, 30}, {2018, 4, 2}, {2018, 5, 7}, {2018, 5, 28}, {2018, 8, 27}, {2018, 12, 25}, {2018, 12, 26},
	{2019, 1, 1}, {2019, 4, 19}, {2019, 4, 22}, {2019, 5, 6}, {2019, 5, 27}, {2019, 8, 26}, {2019, 12, 25}, {2019, 12, 26},
}
