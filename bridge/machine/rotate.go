package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// table is one with a sealed column, and what its rows are named by.
type table struct {
	name string
	key  []string
}

func tables() []table {
	return []table{
		{accountTable, []string{"account"}},
		{olmTable, []string{"account", "peer", "session"}},
		{inboundTable, []string{"session"}},
		{outboundTable, []string{"account", "room"}},
		{personTable, []string{"person"}},
	}
}

// mostRotated is how many rows one commit of Rotate seals anew.
const mostRotated = 200

// Rotate seals everything anew that is not sealed under the newest key. It may
// be stopped and run again, and it may run while everything else does: a row
// that changes meanwhile is sealed under the newest key by that.
func (m *Machines) Rotate(ctx context.Context) (n int, err error) {
	for _, t := range tables() {
		k, err := m.rotate(ctx, t)
		if n += k; err != nil {
			return n, fmt.Errorf("rotate %s: %w", t.name, err)
		}
	}
	return n, nil
}

// rotateQuery selects a page of a table, in order of its key.
func rotateQuery(t table) string {
	columns := strings.Join(t.key, ", ")
	marks := make([]string, len(t.key))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return fmt.Sprintf(`SELECT %s, sealed FROM %s WHERE (%s) > (%s) ORDER BY %s LIMIT %d`,
		columns, t.name, columns, strings.Join(marks, ", "), columns, mostRotated)
}

func (m *Machines) rotate(ctx context.Context, t table) (n int, err error) {
	where := make([]string, len(t.key))
	for i, column := range t.key {
		where[i] = fmt.Sprintf("%s = $%d", column, i+3)
	}
	update := fmt.Sprintf(`UPDATE %s SET sealed = $1 WHERE sealed = $2 AND %s`, t.name, strings.Join(where, " AND "))
	query := rotateQuery(t)
	after := make([]any, len(t.key))
	for i := range after {
		after[i] = []byte{}
	}
	for {
		var changes []change
		found := 0
		err := m.db.each(ctx, func(scan func(...any) error) error {
			row := make([][]byte, len(t.key)+1)
			into := make([]any, len(row))
			for i := range row {
				into[i] = &row[i]
			}
			if err := scan(into...); err != nil {
				return err
			}
			found++
			key, sealed := row[:len(t.key)], row[len(t.key)]
			for i := range key {
				after[i] = key[i]
			}
			if m.o.Keys.Newest(sealed) {
				return nil
			}
			place := string(slices.Concat(key...))
			plain, err := m.o.Keys.Open(t.name+".sealed", place, sealed)
			if err != nil {
				return err
			}
			args := []any{m.o.Keys.Seal(t.name+".sealed", place, plain), sealed}
			for _, k := range key {
				args = append(args, k)
			}
			changes = append(changes, change{update, args})
			return nil
		}, query, after...)
		if err == nil {
			err = m.db.commit(changes)
		}
		if err != nil {
			return n, err
		}
		if n += len(changes); found < mostRotated {
			return n, nil
		}
	}
}
