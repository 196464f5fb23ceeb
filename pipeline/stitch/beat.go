package stitch

import "github.com/minewatch/minewatch/datasets"

// longestBeat is the longest record that is held against block times: of an hour or
// more each has about as many blocks as the next.
const longestBeat = hour

// mostBeat bounds the packets and the bytes of a record that is held against block times.
// What carries more is no pool (600 B/s are 2.2 MB an hour), and squares stay far from overflow.
const mostBeat = 4_000_000

// beat adds a record that is not sampled to what is known of how a contact follows the blocks.
func (x *Stitcher) beat(c *contact, f *datasets.NumberedFlow, end datasets.Micros) {
	if end <= f.TS || end-f.TS > longestBeat || f.OrigPkts > mostBeat || f.RespBytes > mostBeat {
		return
	}
	if c.beat == nil {
		c.beat = &datasets.Beat{}
	}
	x.pass(f.TS)
	n := int64(0)
	for i := x.block; i < len(x.set.Blocks) && x.set.Blocks[i] < end; i++ {
		n++
	}
	c.beat.Add(int64((end-f.TS)/second), n, f.OrigPkts, f.RespBytes)
}
