package datasets

import (
	"fmt"
	"hash/fnv"
)

// BucketOf places a key (a site id, an address) into one of n buckets by
// 64-bit FNV-1a. n must be a power of two. The result never changes for a
// given n: it is part of the lake's layout (FORMAT.md).
func BucketOf(key string, n int) int32 {
	h := fnv.New64a()
	h.Write([]byte(key)) // never fails
	s := h.Sum64()
	// FNV's low bits are weak on short, similar keys: fold the high half in.
	return int32((s ^ s>>32) & uint64(n-1))
}

// A Partition is the part of a table that one file holds: the rows of one
// bucket in one year. -1 and 0 stand for "not divided by this".
type Partition struct {
	Bucket int32 `json:"bucket"`
	Year   int32 `json:"year,omitempty"`
}

// Whole is the partition of a table that is one file.
var Whole = Partition{Bucket: -1}

// Path returns the folder of p below its table, hive style: "bucket=007/year=2022", "" for Whole.
func (p Partition) Path() string {
	switch {
	case p.Bucket < 0:
		return ""
	case p.Year == 0:
		return fmt.Sprintf("bucket=%04d", p.Bucket)
	default:
		return fmt.Sprintf("bucket=%04d/year=%d", p.Bucket, p.Year)
	}
}

func (p Partition) String() string {
	if s := p.Path(); s != "" {
		return s
	}
	return "all"
}
