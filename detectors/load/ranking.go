package load

import "slices"

// A ranking gives the largest of the steps of many days again and again, while days are
// taken out.
type ranking struct {
	left []squareBit // of each day; 0 if it is taken out
	most []squareBit // of each rankBlock of them
}

// rankBlock is about the root of the days of two years: a day is found, and taken out, by
// a look at so many.
const rankBlock = 32

// fill puts all days in.
func (r *ranking) fill(steps []squareBit) {
	r.left = append(r.left[:0], steps...)
	r.most = resize(r.most, (len(steps)+rankBlock-1)/rankBlock)
	for i := range r.most {
		r.settle(i)
	}
}

func (r *ranking) settle(block int) {
	r.most[block] = largest(r.left[block*rankBlock : min(len(r.left), (block+1)*rankBlock)])
}

// first returns the first day with the largest step; false if none is left.
func (r *ranking) first() (day int, ok bool) {
	most := largest(r.most)
	if most == 0 {
		return 0, false
	}
	from := slices.Index(r.most, most) * rankBlock
	return from + slices.Index(r.left[from:], most), true
}

// drop takes the days [from, to) out.
func (r *ranking) drop(from, to int) {
	from, to = max(0, from), min(len(r.left), to)
	clear(r.left[from:to])
	for block := from / rankBlock; block*rankBlock < to; block++ {
		r.settle(block)
	}
}

func largest(list []squareBit) squareBit {
	var most [4]squareBit // four chains of comparisons instead of one
	for ; len(list) >= 4; list = list[4:] {
		most[0], most[1], most[2], most[3] = max(most[0], list[0]), max(most[1], list[1]), max(most[2], list[2]), max(most[3], list[3])
	}
	for _, bits := range list {
		most[0] = max(most[0], bits)
	}
	return max(most[0], most[1], most[2], most[3])
}
