package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Impact is how bad an incident is for people.
type Impact string

// The impacts. A closed set.
const (
	ImpactNotice   Impact = "notice"   // to be known, such as planned work; nothing is wrong
	ImpactDegraded Impact = "degraded" // something is slow, or does not work for some
	ImpactOutage   Impact = "outage"   // something does not work
)

// Impacts lists them, the least first.
func Impacts() []Impact { return []Impact{ImpactNotice, ImpactDegraded, ImpactOutage} }

// IncidentStage is how far an incident has come. An update brings any of them about, in any order, until it is resolved.
type IncidentStage string

// The stages. A closed set.
const (
	IncidentInvestigating IncidentStage = "investigating" // it is not known why
	IncidentIdentified    IncidentStage = "identified"    // it is
	IncidentMonitoring    IncidentStage = "monitoring"    // it is mended, and looked at
	IncidentResolved      IncidentStage = "resolved"      // it is over; left by nobody
)

// IncidentStages lists them, in the order in which they mostly come.
func IncidentStages() []IncidentStage {
	return []IncidentStage{IncidentInvestigating, IncidentIdentified, IncidentMonitoring, IncidentResolved}
}

// Incident is what the public is told was wrong, with all that was said about it.
type Incident struct {
	ID       string
	Impact   Impact
	Parts    []string          // what is affected
	Title    map[string]string // by language; "en" is there
	Watched  string            // the model that the program itself found to be away; empty where an operator wrote it
	Began    time.Time
	Resolved time.Time // zero while it lasts
	Changed  time.Time
	Updates  []IncidentUpdate // newest first
}

// IncidentUpdate is what was said about an incident at one time.
type IncidentUpdate struct {
	ID    string
	Stage IncidentStage
	Text  map[string]string // by language; "en" is there
	At    time.Time
}

// OpenIncident begins an incident with the first that is said about it. The act is nil for what the program itself found, of
// which there is one at a time for each thing it watches: ErrConsumed says that there is one already.
func (s *Store) OpenIncident(ctx context.Context, e Effect, a *Act, i Incident, u IncidentUpdate) (Incident, Outbox, error) {
	var err error
	if i.ID, err = s.NewID(); err != nil {
		return i, nil, err
	}
	titles, err := json.Marshal(i.Title)
	if err != nil {
		return i, nil, fmt.Errorf("encode incident: %w", err)
	}
	if a != nil {
		a.Object = i.ID
	}
	out, err := s.tellIncident(ctx, e, a, &i, u, func(t tx) error {
		return t.change(ctx, ErrConsumed, `INSERT INTO incidents (id, impact, parts, titles, watched, began_at, resolved_at, created_at, updated_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8) ON CONFLICT (watched) WHERE resolved_at IS NULL AND watched <> '' DO NOTHING`,
			i.ID, string(i.Impact), strings.Join(i.Parts, " "), string(titles), i.Watched, i.Began.UnixMicro(), micros(i.Resolved), t.now)
	})
	return i, out, err
}

// UpdateIncident says more about an incident, and keeps its impact, its parts and when it was resolved. ErrConsumed says that
// somebody else changed it since it was read.
func (s *Store) UpdateIncident(ctx context.Context, e Effect, a *Act, i Incident, u IncidentUpdate) (Incident, Outbox, error) {
	was := i.Changed.UnixMicro()
	out, err := s.tellIncident(ctx, e, a, &i, u, func(t tx) error {
		i.Changed = time.UnixMicro(max(t.now, was+1)).UTC()
		return t.change(ctx, ErrConsumed, `UPDATE incidents SET impact = $2, parts = $3, resolved_at = $4, updated_at = $5 WHERE id = $1 AND updated_at = $6`,
			i.ID, string(i.Impact), strings.Join(i.Parts, " "), micros(i.Resolved), i.Changed.UnixMicro(), was)
	})
	return i, out, err
}

// tellIncident adds an update in the transaction of save. An incident ends with the update that says so.
func (s *Store) tellIncident(ctx context.Context, e Effect, a *Act, i *Incident, u IncidentUpdate, save func(t tx) error) (Outbox, error) {
	var err error
	if u.ID, err = s.NewID(); err != nil {
		return nil, err
	}
	words, err := json.Marshal(u.Text)
	if err != nil {
		return nil, fmt.Errorf("encode incident: %w", err)
	}
	out, err := s.effectBy(ctx, e, a, func(t tx) error {
		u.At = time.UnixMicro(t.now).UTC()
		if i.Changed = u.At; u.Stage == IncidentResolved && i.Resolved.IsZero() {
			i.Resolved = u.At
		}
		if err := save(t); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO incident_updates (id, incident_id, stage, texts, created_at) VALUES ($1,$2,$3,$4,$5)`,
			u.ID, i.ID, string(u.Stage), string(words), t.now)
		return err
	})
	i.Updates = append([]IncidentUpdate{u}, i.Updates...)
	return out, err
}

// shownIncidents are those that last, and those that were resolved since $1.
const shownIncidents = `(resolved_at IS NULL OR resolved_at >= $1)`

// Incidents lists those that last, and those that were resolved since a time, the newest first.
func (s *Store) Incidents(ctx context.Context, since time.Time) ([]Incident, error) {
	return s.incidents(ctx, shownIncidents, sinceMicros(since))
}

// Incident returns one, or ErrNotFound.
func (s *Store) Incident(ctx context.Context, id string) (Incident, error) {
	all, err := s.incidents(ctx, `id = $1`, id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Incident{}, err
	}
	return all[0], nil
}

func (s *Store) incidents(ctx context.Context, which string, arg any) ([]Incident, error) {
	all, err := collect(ctx, s.r, scanIncident, `SELECT id, impact, parts, titles, watched, began_at, resolved_at, updated_at FROM incidents
		WHERE `+which+` ORDER BY began_at DESC, id DESC`, arg)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int)
	for n, i := range all {
		at[i.ID] = n
	}
	type said struct {
		IncidentUpdate
		of string
	}
	updates, err := collect(ctx, s.r, func(row scanner) (u said, err error) {
		var words string
		if err := row.Scan(&u.of, &u.ID, &u.Stage, &words, (*microTime)(&u.At)); err != nil {
			return u, err
		}
		return u, json.Unmarshal([]byte(words), &u.Text)
	}, `SELECT incident_id, id, stage, texts, created_at FROM incident_updates WHERE incident_id IN (SELECT id FROM incidents WHERE `+which+`)
		ORDER BY created_at DESC, id DESC`, arg)
	for _, u := range updates {
		if n, ok := at[u.of]; ok { // else it was opened between the two statements
			all[n].Updates = append(all[n].Updates, u.IncidentUpdate)
		}
	}
	return all, err
}

func scanIncident(row scanner) (i Incident, err error) {
	var parts, titles string
	var resolved sql.NullInt64
	err = row.Scan(&i.ID, &i.Impact, &parts, &titles, &i.Watched, (*microTime)(&i.Began), &resolved, (*microTime)(&i.Changed))
	i.Parts, i.Resolved = strings.Fields(parts), fromMicros(resolved)
	if err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(titles), &i.Title)
}
