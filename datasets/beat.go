package datasets

// A Beat is how the bytes of a contact go with the blocks of a coin: sums over
// records of the products of length t in s, blocks b within the record, packets o from the
// client and bytes r from the server. They are integers, so that beats add up in any order.
type Beat struct {
	N  int64 `parquet:"beat_n" doc:"records of at most an hour, not sampled, that were held against block times"`
	TT int64 `parquet:"beat_tt" doc:"sum of t times t over them, t the length in s"`
	TB int64 `parquet:"beat_tb" doc:"of t times b, b the blocks within the record"`
	TO int64 `parquet:"beat_to" doc:"of t times o, o the packets from the client"`
	TR int64 `parquet:"beat_tr" doc:"of t times r, r the bytes from the server"`
	BB int64 `parquet:"beat_bb" doc:"of b times b"`
	BO int64 `parquet:"beat_bo" doc:"of b times o"`
	BR int64 `parquet:"beat_br" doc:"of b times r"`
	OO int64 `parquet:"beat_oo" doc:"of o times o"`
	OR int64 `parquet:"beat_or" doc:"of o times r"`
	RR int64 `parquet:"beat_rr" doc:"of r times r"`
}

// Add adds a record.
func (x *Beat) Add(t, b, o, r int64) {
	x.N++
	x.TT, x.TB, x.TO, x.TR = x.TT+t*t, x.TB+t*b, x.TO+t*o, x.TR+t*r
	x.BB, x.BO, x.BR = x.BB+b*b, x.BO+b*o, x.BR+b*r
	x.OO, x.OR, x.RR = x.OO+o*o, x.OR+o*r, x.RR+r*r
}
