package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// mergeVersion is raised when the same parts give other rows.
const mergeVersion = "merge 2"

// supersededName is the table of the rows that later ones replaced.
func supersededName(t *datasets.Table) string { return "_superseded/" + t.Name }

// merge writes one partition: the committed rows, if they are kept, and those
// of the parts.
func (r *run) merge(ctx context.Context, db *sql.DB, m merge, staged string) (err error) {
	if len(m.parents) == 0 {
		return errors.Join(store.Remove(r.lake, m.table.Name, m.partition), store.Remove(r.lake, supersededName(m.table), m.partition))
	}
	if err := r.source(ctx, db, m, staged); err != nil {
		return err
	}
	manifest := m.manifest()
	if m.base != nil {
		manifest.Left = m.base.Left
	}
	defer func() {
		err = errors.Join(err, db.Exec(ctx, "DROP TABLE IF EXISTS ranked; DROP TABLE IF EXISTS marked"))
	}() // frees memory
	repeated := false
	if !m.apart() {
		if err := db.One(ctx, "SELECT count(*) > 0 FROM (SELECT 1 FROM source GROUP BY "+key(m.table)+" HAVING count(*) > 1 LIMIT 1)", &repeated); err != nil {
			return err
		}
	}
	rows := "SELECT " + columns(m.table) + " FROM source ORDER BY " + order(m.table)
	if repeated {
		left, err := r.rank(ctx, db, m.table)
		if err != nil {
			return err
		}
		manifest.Left = addLeft(manifest.Left, left)
		// First the rows that are left out: if this run dies in between, the
		// next one finds the same rows superseded and adds none twice.
		if err := r.keepSuperseded(ctx, db, m, manifest); err != nil {
			return err
		}
		rows = "SELECT " + columns(m.table) + " FROM ranked WHERE back = 1 ORDER BY " + order(m.table)
	} else if m.base == nil {
		if err := store.Remove(r.lake, supersededName(m.table), m.partition); err != nil {
			return err
		}
	}
	return r.write(ctx, db, rows, manifest)
}

func (m merge) manifest() store.Manifest {
	return store.Manifest{
		Table: m.table.Name, Partition: m.partition, Parents: m.parents,
		Fingerprint: store.Fingerprint(append([]string{mergeVersion}, m.parents...)...),
	}
}

// apart reports whether the parts to be added bring no key that is there already, as the
// records of the deliveries say.
func (m merge) apart() bool { return apart(m, slices.Concat(m.kept, m.parts), len(m.kept)) }

// apart reports whether no key comes twice in the parts of a partition from one on: no
// part has one twice, or times of any part before it. So it is when every month brings
// its own.
func apart(m merge, parts []Record, from int) bool {
	if m.table.YearBy == "" || !slices.Contains(m.table.Key(), m.table.YearBy) {
		return false
	}
	for i, rec := range parts[from:] {
		if rec.First == "" || !rec.partOf(m.partition).Sorted {
			return false
		}
		// Times of one form in UTC are in the order of their texts.
		if slices.ContainsFunc(parts[:from+i], func(o Record) bool { return rec.First <= o.Last && o.First <= rec.Last }) {
			return false
		}
	}
	return true
}

// joinedMost is the most parts of a partition that are joined: all are open at once.
const joinedMost = 128

// joined reports whether a partition is its parts put together by site: readings of
// deliveries that are all apart. That depends on the parts alone, so that the bytes are
// the same however they came.
func (m merge) joined() bool {
	all := slices.Concat(m.kept, m.parts)
	return m.table.Name == "readings" && len(all) > 0 && len(all) <= joinedMost && apart(m, all, 0)
}

// join writes a partition of readings whose parts are put together. Nothing is sorted,
// and the database is not asked.
func (r *run) join(m merge) error {
	var sources []store.SortedReadings
	if m.base != nil {
		sources = append(sources, store.SortedReadings{Path: m.base.Path(r.lake)})
	}
	for _, rec := range m.parts {
		sources = append(sources, store.SortedReadings{Path: r.partPath(rec), Groups: rec.partOf(m.partition).Groups})
	}
	manifest := m.manifest()
	if m.base == nil {
		if err := store.Remove(r.lake, supersededName(m.table), m.partition); err != nil {
			return err
		}
	} else {
		manifest.Left = m.base.Left
	}
	tmp, rows, err := store.JoinReadings(r.tmp, m.partition.Bucket, sources)
	if err != nil {
		return err
	}
	manifest.Rows = rows
	_, err = store.Commit(r.lake, tmp, manifest)
	return err
}

// copied returns what the only part of a partition has of it, if that is the
// partition already: sorted, and no key twice.
func (m merge) copied() (PartOf, bool) {
	if m.base != nil || len(m.parts) != 1 {
		return PartOf{}, false
	}
	p := m.parts[0].partOf(m.partition)
	return p, p.Sorted && m.table.BucketBy != ""
}

// copy writes a partition that is in one part as it should be.
func (r *run) copy(m merge, p PartOf, part *store.GroupFile) error {
	if err := store.Remove(r.lake, supersededName(m.table), m.partition); err != nil {
		return err
	}
	tmp, rows, err := part.Copy(r.tmp, p.Groups)
	if err != nil {
		return err
	}
	manifest := m.manifest()
	manifest.Rows = rows
	_, err = store.Commit(r.lake, tmp, manifest)
	return err
}

// source names the rows to merge.
func (r *run) source(ctx context.Context, db *sql.DB, m merge, staged string) error {
	var files []string
	var err error
	of := ""
	if staged == "" {
		for _, rec := range m.parts {
			files = append(files, r.partPath(rec))
		}
		if m.table.BucketBy != "" {
			of = " AND " + inPartition(m.table, m.partition)
		}
	} else if files, err = stagedFiles(staged, m.partition); err != nil {
		return err
	}
	if err := db.View(ctx, "added", m.table, files); err != nil {
		return err
	}
	numbers := make([]string, len(m.parts))
	for i, rec := range m.parts {
		numbers[i] = fmt.Sprint(rec.Number)
	}
	query := "SELECT " + columns(m.table) + " FROM added WHERE src_file IN (" + strings.Join(numbers, ", ") + ")" + of
	if m.base != nil {
		if err := db.View(ctx, "base", m.table, []string{m.base.Path(r.lake)}); err != nil {
			return err
		}
		query = "SELECT " + columns(m.table) + " FROM base UNION ALL " + query
	}
	return db.Exec(ctx, "CREATE OR REPLACE TEMP VIEW source AS "+query)
}

// rank makes the table ranked: the rows that say something new, numbered from
// the last of each key. It returns what is left out, by delivery.
func (r *run) rank(ctx context.Context, db *sql.DB, t *datasets.Table) (map[int32]store.Left, error) {
	marked := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE marked AS
		SELECT %[1]s, lag(%[2]s) OVER (PARTITION BY %[3]s ORDER BY %[4]s, src_file, src_line) IS NOT DISTINCT FROM %[2]s AS duplicate
		FROM source`, columns(t), values(t), key(t), r.final(t))
	ranked := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE ranked AS
		SELECT %[1]s, row_number() OVER (PARTITION BY %[2]s ORDER BY %[3]s DESC, src_file DESC, src_line DESC) AS back
		FROM marked WHERE NOT duplicate`, columns(t), key(t), r.final(t))
	if err := db.Exec(ctx, marked); err != nil {
		return nil, err
	}
	if err := db.Exec(ctx, ranked); err != nil {
		return nil, err
	}
	left := map[int32]store.Left{}
	counts := fmt.Sprintf(`SELECT src_file, true, count(*), %[1]s FROM marked WHERE duplicate GROUP BY src_file
		UNION ALL SELECT src_file, false, count(*), %[1]s FROM ranked WHERE back > 1 GROUP BY src_file`, energySQL(t))
	rows, err := db.Query(ctx, counts)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number int32
		var duplicate bool
		var n, wh int64
		if err := rows.Scan(&number, &duplicate, &n, &wh); err != nil {
			return nil, err
		}
		if duplicate {
			left[number] = add(left[number], store.Left{Duplicates: n, DuplicateWh: wh})
		} else {
			left[number] = add(left[number], store.Left{Superseded: n, SupersededWh: wh})
		}
	}
	return left, rows.Err()
}

// final is 0 for rows of logs of connections still open and 1 for all others:
// whenever the two are delivered, the final record of a connection counts.
func (r *run) final(t *datasets.Table) string {
	var open []string
	for _, rec := range r.records {
		if rec.Dataset == t.Name && rec.Open {
			open = append(open, fmt.Sprint(rec.Number))
		}
	}
	if len(open) == 0 {
		return "1"
	}
	return "CASE WHEN src_file IN (" + strings.Join(open, ", ") + ") THEN 0 ELSE 1 END"
}

// keepSuperseded writes the replaced rows beside those that were replaced before.
func (r *run) keepSuperseded(ctx context.Context, db *sql.DB, m merge, manifest store.Manifest) error {
	manifest.Table, manifest.Left = supersededName(m.table), nil
	query := "SELECT " + columns(m.table) + " FROM ranked WHERE back > 1"
	if m.base != nil {
		old, err := store.Open(r.lake, manifest.Table, m.partition)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			if err := db.View(ctx, "replaced", m.table, []string{old.Path(r.lake)}); err != nil {
				return err
			}
			query += " UNION SELECT " + columns(m.table) + " FROM replaced"
		}
	} else if err := store.Remove(r.lake, manifest.Table, m.partition); err != nil {
		return err
	}
	var left bool
	if err := db.One(ctx, "SELECT count(*) > 0 FROM ("+query+")", &left); err != nil || !left {
		return err
	}
	return r.write(ctx, db, "SELECT * FROM ("+query+") ORDER BY "+order(m.table)+", src_file, src_line", manifest)
}

// write commits the rows of a query as one partition.
func (r *run) write(ctx context.Context, db *sql.DB, query string, m store.Manifest) error {
	tmp := filepath.Join(r.tmp, strings.NewReplacer("/", "-", "=", "-").Replace(m.Table+"-"+m.Partition.String())+".parquet")
	rows, err := db.Copy(ctx, query, tmp)
	if err != nil {
		return err
	}
	m.Rows = rows
	_, err = store.Commit(r.lake, tmp, m)
	return err
}

func addLeft(a, b map[int32]store.Left) map[int32]store.Left {
	sum := maps.Clone(a)
	if sum == nil {
		sum = map[int32]store.Left{}
	}
	for number, l := range b {
		sum[number] = add(sum[number], l)
	}
	return sum
}

// columns lists the columns of a table in SQL.
func columns(t *datasets.Table) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = ident(c.Name)
	}
	return strings.Join(names, ", ")
}

// key lists the key columns.
func key(t *datasets.Table) string {
	names := t.Key()
	for i := range names {
		names[i] = ident(names[i])
	}
	return strings.Join(names, ", ")
}

// order sorts by the key, rows without a value first.
func order(t *datasets.Table) string {
	return strings.ReplaceAll(key(t), ", ", " NULLS FIRST, ") + " NULLS FIRST"
}

// values is what a row says beside its key: a struct of all columns but key,
// bucket and origin, or a constant if the key says it all.
func values(t *datasets.Table) string {
	var fields []string
	for _, c := range t.Columns {
		if !c.Key && c.In != "" {
			fields = append(fields, ident(c.Name)+" := "+ident(c.Name))
		}
	}
	if len(fields) == 0 {
		return "true"
	}
	return "struct_pack(" + strings.Join(fields, ", ") + ")"
}

// energySQL sums the energy of a group, 0 if the table has none.
func energySQL(t *datasets.Table) string {
	if c := t.Column("wh"); c != nil && c.Kind == datasets.Energy {
		return "sum(wh)::BIGINT"
	}
	return "0::BIGINT"
}

// yearSQL is the UTC year by which a table is divided.
func yearSQL(t *datasets.Table) string {
	return "year(make_timestamp(epoch_us(" + ident(t.YearBy) + ")))"
}

// inPartition selects the rows of a partition. Bounds, not functions of the
// columns, so that the statistics of row groups tell which to leave out.
func inPartition(t *datasets.Table, p datasets.Partition) string {
	where := fmt.Sprintf("bucket = %d", p.Bucket)
	if t.YearBy != "" {
		where += fmt.Sprintf(" AND %[1]s >= make_timestamptz(%[2]d) AND %[1]s < make_timestamptz(%[3]d)", ident(t.YearBy), yearStart(int(p.Year)), yearStart(int(p.Year)+1))
	}
	return where
}

// within selects the partitions of the tasks.
func within(tasks []merge) string {
	list := make([]string, len(tasks))
	for i, m := range tasks {
		if m.table.YearBy == "" {
			list[i] = fmt.Sprint(m.partition.Bucket)
		} else {
			list[i] = fmt.Sprintf("(%d, %d)", m.partition.Bucket, m.partition.Year)
		}
	}
	slices.Sort(list)
	if tasks[0].table.YearBy == "" {
		return "bucket IN (" + strings.Join(list, ", ") + ")"
	}
	return "(bucket, year) IN (" + strings.Join(list, ", ") + ")"
}

func ident(name string) string { return `"` + name + `"` }
