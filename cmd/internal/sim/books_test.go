package sim_test

import "database/sql"

// none fails for each row.
func (w *world) none(what, query string, args ...any) {
	for _, row := range w.texts(query, args...) {
		w.wrong("%s: %s", what, row)
	}
}

// texts are the rows of a query past the pipeline, which have one column.
func (w *world) texts(query string, args ...any) (all []string) {
	rows, err := w.asked(query).QueryContext(w.Context(), args...) //nolint:sqlclosecheck // statements end with the world
	if err != nil {
		w.Errorf("%s: %v", query, err)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			w.Error(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		w.Error(err)
	}
	return all
}

// number is the only column of the only row of one.
func (w *world) number(query string, args ...any) (n int) {
	if err := w.asked(query).QueryRowContext(w.Context(), args...).Scan(&n); err != nil { //nolint:sqlclosecheck // likewise
		w.Errorf("%s: %v", query, err)
	}
	return n
}

// asked returns the statement of a query. It is parsed once: that takes longer than to run it, and some are asked every second.
func (w *world) asked(query string) *sql.Stmt {
	w.pen.Lock()
	defer w.pen.Unlock()
	if w.queries[query] == nil {
		w.queries[query] = must(w.raw.PrepareContext(w.Context(), query))
	}
	return w.queries[query]
}
