package ingest

import (
	"context"
	"errors"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
)

// readers decode a file of each input table.
var readers = map[string]func(context.Context, *run, job) (outcome, error){
	"sites":             readRows[datasets.Site],
	"readings":          readRows[datasets.Reading],
	"billing":           readRows[datasets.Billing],
	"feeder_readings":   readRows[datasets.FeederReading],
	"weather":           readRows[datasets.Weather],
	"curtailments":      readRows[datasets.Curtailment],
	"registry":          readRows[datasets.RegistryEntry],
	"quarterly_reports": readRows[datasets.QuarterlyReport],
	"declarations":      readRows[datasets.Declaration],
	"subscribers":       readRows[datasets.Subscriber],
	"flows":             readRows[datasets.Flow],
	"dns":               readRows[datasets.DNS],
	"tls":               readRows[datasets.TLS],
	"pools":             readRows[datasets.Pool],
	"known_services":    readRows[datasets.KnownService],
	"outcomes":          readRows[datasets.Outcome],
}

// readRows decodes a file to a temporary part and a temporary quarantine.
func readRows[R any](ctx context.Context, r *run, j job) (out outcome, err error) {
	w := newPartWriter[R](r.tmp, j.table, r.Workers, r.runBytes())
	q := &quarantine{dir: r.tmp, source: j.file.path}
	options := raw.Options{Zone: r.Zone, Buckets: r.Buckets, Source: j.number, Workers: r.Workers, Limits: r.Limits, Given: j.file.values}
	if j.file.mapping != nil {
		options.Mapping = &j.file.mapping.Mapping
	}
	left := sieve[R]{purged: r.Purged}
	sum, err := raw.Read(r.abs(j.file.path), j.table, options, raw.Sink[R]{
		Accept: func(rows []R) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return w.accept(left.keep(rows))
		},
		Refuse: q.add,
	})
	var part string
	if err == nil && sum.Refused == nil {
		part, err = w.close()
	}
	if err != nil || sum.Refused != nil {
		w.discard()
		return outcome{record: r.newRecord(j, sum)}, errors.Join(err, q.discard())
	}
	out.record = left.count(r.newRecord(j, sum))
	out.record.Partitions, out.part = w.partitions(), part
	out.quarantine, err = q.close()
	return out, err
}
