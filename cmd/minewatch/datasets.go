package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets"
)

func (p *program) datasets() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "datasets [NAME]",
		Short: "List the datasets, or the columns of one",
		Long: `List the datasets: inputs that are delivered, tables derived from them, and
results. With a name, list its columns with type, unit, and whether a delivery
must have them. All of it comes from the types that the program reads and writes.`,
		Example: `  minewatch datasets
  minewatch datasets readings
  minewatch datasets --json sites`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return tableNames(datasets.Catalog), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.printTables(datasets.Catalog)
			}
			t, err := lookupTable(args[0], datasets.Catalog)
			if err != nil {
				return err
			}
			return p.printTable(t)
		},
	}
	p.jsonFlag(cmd)
	return cmd
}

func tableNames(tables []*datasets.Table) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	return names
}

// lookupTable finds a table by name; another name is a usage error.
func lookupTable(name string, among []*datasets.Table) (*datasets.Table, error) {
	for _, t := range among {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, &usageError{fmt.Errorf("no dataset %q here", name), "There are: " + strings.Join(tableNames(among), ", ") + "."}
}

func (p *program) printTables(tables []*datasets.Table) error {
	if p.json {
		views := make([]tableView, len(tables))
		for i, t := range tables {
			views[i] = viewTable(t)
		}
		return printJSON(p.stdout, map[string]any{"datasets": views})
	}
	out := newTable("name", "role", ">columns", "holds")
	for _, t := range tables {
		columns := len(t.Columns)
		if t.Role == datasets.Input {
			columns = len(t.Delivered())
		}
		out.add(t.Name, t.Role.String(), strconv.Itoa(columns), t.Doc)
	}
	return out.write(p.stdout)
}

func (p *program) printTable(t *datasets.Table) error {
	if p.json {
		return printJSON(p.stdout, viewTable(t))
	}
	fmt.Fprintf(p.stdout, "%s: %s\n%s\n\n", t.Name, t.Doc, whereabouts(t))
	if t.Role != datasets.Input {
		out := newTable("column", "type", "privacy", "meaning")
		for _, c := range t.Columns {
			out.add(c.Name, diskType(c), c.Privacy.String(), c.Meaning())
		}
		return out.write(p.stdout)
	}
	out := newTable("column", "type", "delivery", "privacy", "meaning")
	for _, c := range t.Columns {
		if c.In != "" {
			out.add(c.In, c.TypeName(), need(c), c.Privacy.String(), c.Meaning()+onDisk(c))
		}
	}
	if err := out.write(p.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "\nRows of equal %s are one row: the later delivery supersedes the earlier.\n", strings.Join(t.Key(), ", "))
	return err
}

func whereabouts(t *datasets.Table) string {
	switch t.Role {
	case datasets.Input:
		return "Delivered to inbox/" + t.Name + " as CSV, XLSX or Parquet, kept in lake/" + t.Name + " as Parquet."
	case datasets.Derived:
		return "Derived, kept in lake/" + t.Name + " as Parquet."
	default:
		return "Written by a run to " + t.File + "."
	}
}

func need(c datasets.Column) string {
	if c.Required {
		return "required"
	}
	return "optional"
}

// onDisk names the column on disk where that is not as delivered.
func onDisk(c datasets.Column) string {
	if c.Name == c.In {
		return ""
	}
	return " (on disk " + c.Name + unit(c) + ")"
}

func diskType(c datasets.Column) string { return c.Kind.String() + unit(c) }

func unit(c datasets.Column) string {
	if c.DiskUnit == "" {
		return ""
	}
	return ", " + c.DiskUnit
}

type tableView struct {
	Name    string       `json:"name"`
	Role    string       `json:"role"`
	Doc     string       `json:"doc"`
	File    string       `json:"file,omitempty"`
	Key     []string     `json:"key,omitempty"`
	Columns []columnView `json:"columns"`
}

type columnView struct {
	Name      string   `json:"name"`
	Delivered string   `json:"delivered_as,omitempty"`
	Type      string   `json:"type"`
	Unit      string   `json:"unit,omitempty"`         // on disk
	InUnit    string   `json:"delivered_in,omitempty"` // unit as delivered
	Required  bool     `json:"required"`
	Personal  bool     `json:"personal,omitempty"`
	Privacy   string   `json:"privacy"`
	OneOf     []string `json:"one_of,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	Refers    string   `json:"references,omitempty"` // table.column
	Doc       string   `json:"doc"`
}

func viewTable(t *datasets.Table) tableView {
	v := tableView{Name: t.Name, Role: t.Role.String(), Doc: t.Doc, File: t.File, Key: t.Key()}
	for _, c := range t.Columns {
		column := columnView{
			Name: c.Name, Delivered: c.In, Type: c.Kind.String(), Unit: c.DiskUnit,
			Required: c.Required, Personal: c.PII, Privacy: c.Privacy.String(), OneOf: c.OneOf, Refers: c.References, Doc: c.Doc,
		}
		column.Min, column.Max = c.Bounds()
		if c.In != "" {
			column.InUnit = c.Unit
		}
		v.Columns = append(v.Columns, column)
	}
	return v
}
