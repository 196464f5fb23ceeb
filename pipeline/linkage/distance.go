package linkage

// edits returns the number of insertions, deletions, substitutions and swaps of
// neighbours that make a of b (optimal string alignment), in bytes; most+1 as
// soon as it exceeds most.
func edits(a, b string, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	var store [3][64]int
	if len(b) >= len(store[0]) {
		if a == b {
			return 0
		}
		return most + 1
	}
	before, last, row := &store[0], &store[1], &store[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// jaroWinkler returns the similarity of Jaro with Winkler's bonus for a common
// begin, 0 to 1, in bytes.
//
// Source: Winkler, String comparator metrics and enhanced decision rules in the
// Fellegi-Sunter model of record linkage (1990); scale 0.1, at most 4 letters.
func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) == 0 || len(b) == 0 || len(a) > 64 || len(b) > 64 {
		return 0
	}
	reach := max(len(a), len(b))/2 - 1
	var inA, inB uint64 // matched letters
	matches := 0
	for i := range len(a) {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if inB&(1<<j) == 0 && a[i] == b[j] {
				inA |= 1 << i
				inB |= 1 << j
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	swapped, j := 0, 0
	for i := range len(a) {
		if inA&(1<<i) == 0 {
			continue
		}
		for inB&(1<<j) == 0 {
			j++
		}
		if a[i] != b[j] {
			swapped++
		}
		j++
	}
	m := float64(matches)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swapped/2))/m) / 3
	common := 0
	for common < min(4, len(a), len(b)) && a[common] == b[common] {
		common++
	}
	return jaro + float64(common)*0.1*(1-jaro)
}
