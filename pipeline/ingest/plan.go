package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// A merge is one partition to write.
type merge struct {
	table     *datasets.Table
	partition datasets.Partition
	base      *store.Manifest // rows that are kept as they are; nil to begin anew
	parts     []Record        // parts to add, by number; all with rows of the partition
	kept      []Record        // parts of which the base is made
	parents   []string        // what the partition is made of in the end
}

// compact brings every partition up to date with the parts, and returns how
// many it wrote.
func (r *run) compact(ctx context.Context) (int, error) {
	var all []merge
	for _, t := range datasets.Inputs() {
		tasks, err := r.merges(t)
		if err != nil {
			return 0, err
		}
		all = append(all, tasks...)
	}
	if len(all) == 0 {
		return 0, nil
	}
	pool := &pool{}
	defer pool.close()
	done := 0
	r.progress("compact", all[0].table.Name, 0, len(all))
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(m merge) bool { return m.table != all[0].table })
		if n < 0 {
			n = len(all)
		}
		if err := r.mergeTable(ctx, pool, all[:n]); err != nil {
			return done, fmt.Errorf("compact %s: %w", all[0].table.Name, err)
		}
		done += n
		r.progress("compact", all[0].table.Name, done, done+len(all)-n)
		all = all[n:]
	}
	return done, nil
}

// merges compares the parents that each partition of a table has with those
// that it should have.
func (r *run) merges(t *datasets.Table) ([]merge, error) {
	parts := map[datasets.Partition][]Record{}
	for _, rec := range r.records {
		if rec.Dataset != t.Name || rec.Withdrawn {
			continue
		}
		for _, p := range rec.Partitions {
			parts[p.Partition] = append(parts[p.Partition], rec)
		}
	}
	list, err := store.List(r.lake, t.Name)
	if err != nil {
		return nil, err
	}
	have := map[datasets.Partition]*store.Manifest{}
	for i := range list {
		have[list[i].Partition] = &list[i]
		if parts[list[i].Partition] == nil {
			parts[list[i].Partition] = []Record{}
		}
	}
	var tasks []merge
	for p, wanted := range parts {
		m := merge{table: t, partition: p, base: have[p], parts: wanted}
		for _, rec := range wanted {
			m.parents = append(m.parents, rec.ref())
		}
		if m.base != nil && !m.reduce() {
			continue
		}
		tasks = append(tasks, m)
	}
	slices.SortFunc(tasks, func(a, b merge) int { return comparePartition(a.partition, b.partition) })
	return tasks, nil
}

// reduce leaves only what is to be done on top of the committed rows, and
// reports whether that is anything. Parts can be added only behind those that
// are there; after any other change the partition begins anew.
func (m *merge) reduce() bool {
	n := len(m.base.Parents)
	if n > len(m.parents) || !slices.Equal(m.base.Parents, m.parents[:n]) {
		m.base = nil
		return true
	}
	m.kept, m.parts = m.parts[:n], m.parts[n:]
	return len(m.parts) > 0
}

// A pool holds the databases that merge, once any is needed.
type pool struct {
	free chan *sql.DB
	all  []*sql.DB
}

func (p *pool) open(ctx context.Context, r *run) error {
	if p.free != nil {
		return nil
	}
	debug.FreeOSMemory() // what reading took is the databases' now
	n := r.databases()
	p.free = make(chan *sql.DB, n)
	for i := range n {
		db, err := sql.Open(ctx, sql.Options{Threads: 1, MemoryMiB: r.sqlMiB(n), TempDir: filepath.Join(r.tmp, fmt.Sprintf("spill-%d", i)), Dirs: []string{r.lake}})
		if err != nil {
			return err
		}
		p.all = append(p.all, db)
		p.free <- db
	}
	return nil
}

func (p *pool) close() {
	for _, db := range p.all {
		db.Close() // nothing is kept in it
	}
}

// mergeTable writes partitions of one table.
func (r *run) mergeTable(ctx context.Context, p *pool, tasks []merge) error {
	if err := r.checkSources(ctx, tasks); err != nil {
		return err
	}
	tasks, err := r.copyTable(ctx, tasks)
	if err == nil {
		tasks, err = r.joinTable(ctx, tasks)
	}
	if err != nil || len(tasks) == 0 {
		return err
	}
	if err := p.open(ctx, r); err != nil {
		return err
	}
	staged := ""
	if tasks[0].table.BucketBy != "" && countParts(tasks) > stageFrom {
		staged = filepath.Join(r.tmp, "staged", tasks[0].table.Name)
		if err := r.stage(ctx, tasks, staged); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Workers)
	for _, m := range tasks {
		g.Go(func() error {
			db := <-p.free
			defer func() { p.free <- db }()
			if err := r.merge(ctx, db, m, staged); err != nil {
				return fmt.Errorf("%s: %w", m.partition, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || staged == "" {
		return err
	}
	return os.RemoveAll(staged)
}

// stageFrom is the number of parts above which their rows are brought together
// by partition first: to open each part for each partition costs more then.
const stageFrom = 16

func countParts(tasks []merge) int {
	seen := map[int32]bool{}
	for _, m := range tasks {
		for _, rec := range m.parts {
			seen[rec.Number] = true
		}
	}
	return len(seen)
}

// A copying is the partitions that are row groups of one part.
type copying struct {
	part   Record
	merges []merge
}

// copyTable writes the partitions that are copies of row groups, and returns
// the other tasks.
func (r *run) copyTable(ctx context.Context, tasks []merge) (rest []merge, err error) {
	byPart := map[int32]*copying{}
	for _, m := range tasks {
		if _, ok := m.copied(); !ok || r.merged {
			rest = append(rest, m)
			continue
		}
		c := byPart[m.parts[0].Number]
		if c == nil {
			c = &copying{part: m.parts[0]}
			byPart[c.part.Number] = c
		}
		c.merges = append(c.merges, m)
	}
	for _, number := range slices.Sorted(maps.Keys(byPart)) {
		if err := r.copyPart(ctx, byPart[number]); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// copyPart writes the partitions that are row groups of one part.
func (r *run) copyPart(ctx context.Context, c *copying) (err error) {
	part, err := store.OpenGroups(r.partPath(c.part))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4 * r.Workers) // they wait for the disk, not for a processor
	for _, m := range c.merges {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.copy(m, m.parts[0].partOf(m.partition), part); err != nil {
				return fmt.Errorf("%s: %w", m.partition, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// joinTable writes the partitions whose parts need only be put together, and returns the
// other tasks.
func (r *run) joinTable(ctx context.Context, tasks []merge) (rest []merge, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Workers)
	for _, m := range tasks {
		if !m.joined() || r.merged {
			rest = append(rest, m)
			continue
		}
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.join(m); err != nil {
				return fmt.Errorf("%s: %w", m.partition, err)
			}
			return nil
		})
	}
	return rest, g.Wait()
}

// stage writes the rows of all parts that the tasks need once, by partition.
func (r *run) stage(ctx context.Context, tasks []merge, dir string) error {
	t := tasks[0].table
	var files []string
	var held, wanted int64
	seen := map[int32]bool{}
	for _, m := range tasks {
		for _, rec := range m.parts {
			for _, p := range rec.Partitions {
				if p.Partition == m.partition {
					wanted += p.Rows
				}
			}
			if !seen[rec.Number] {
				seen[rec.Number] = true
				held += rec.Decoded
				files = append(files, r.partPath(rec))
			}
		}
	}
	if len(files) == 0 {
		return nil
	}
	db, err := sql.Open(ctx, sql.Options{Threads: r.Workers, MemoryMiB: r.sqlMiB(1), TempDir: filepath.Join(r.tmp, "spill"), Dirs: []string{r.lake}})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.View(ctx, "parts", t, files); err != nil {
		return err
	}
	by := []string{"bucket"}
	query := "SELECT " + columns(t)
	if t.YearBy != "" {
		by = append(by, "year")
		query += ", " + yearSQL(t) + " AS year"
	}
	query += " FROM parts"
	if wanted < held { // some partitions of these parts are up to date
		query = "SELECT * FROM (" + query + ") WHERE " + within(tasks)
	}
	return db.CopyDivided(ctx, query, dir, by...)
}

func (r *run) partPath(rec Record) string { return filepath.Join(r.lake, filepath.FromSlash(rec.Part)) }

// stagedFiles lists the staged files of a partition.
func stagedFiles(dir string, p datasets.Partition) ([]string, error) {
	// DuckDB names folders by the bare value.
	folder := filepath.Join(dir, fmt.Sprintf("bucket=%d", p.Bucket))
	if p.Year != 0 {
		folder = filepath.Join(folder, fmt.Sprintf("year=%d", p.Year))
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.parquet"))
	slices.Sort(files)
	return files, err
}
