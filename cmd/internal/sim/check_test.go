package sim_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
)

// check reads what there is in the end. It shares nothing with the pipeline but the books' own check.
func (w *world) check() {
	if len(w.unread) > 0 {
		w.wrong("%d updates were never handled", len(w.unread))
	}
	w.none("open", `SELECT id || ' ' || status FROM generations WHERE status IN ('held','generating','stored')`)
	w.none("not told", `SELECT id || ' ' || kind || ' ' || status FROM deliveries WHERE status IN ('pending','sending')`)
	// A result that nobody waits for any more is looked for as long as its provider keeps results.
	w.none("under way", `SELECT id || ' ' || state FROM attempts WHERE state = 'sending' OR state IN ('submitted','running')
		AND COALESCE(result_expires_at, 0) < `+strconv.FormatInt(time.Now().UnixMicro(), 10))
	w.none("given up", `SELECT error FROM dead_letters`)
	w.none("without reason", `SELECT id || ' ' || status FROM generations WHERE status IN ('failed','refused','undeliverable','canceled') AND reason = ''`)
	w.none("held", `SELECT generation_id FROM open_holds`)
	w.none("settled otherwise than once", `SELECT g.id || ' ' || g.status FROM generations g
		LEFT JOIN transfers t ON t.kind IN ('capture','release') AND (t.ref = g.id OR t.ref LIKE g.id || ':%') WHERE g.price > 0 GROUP BY g.id HAVING COUNT(t.id) <> 1`)
	w.none("paid for something else than the images there are", `SELECT g.id || ' ' || g.status || ' ' || COALESCE(t.amount, -1) FROM generations g
		JOIN transfers t ON t.id = 'settle:' || g.id
		WHERE t.amount <> (SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id WHERE i.generation_id = g.id AND i.role = 'result' AND NOT a.late)`)
	w.none("asked again although nobody knows", `SELECT b.id FROM attempts a JOIN attempts b ON b.generation_id = a.generation_id AND b.seq > a.seq WHERE a.state = 'unknown'`)
	w.none("called twice at once", `SELECT b.id FROM attempts a JOIN attempts b ON b.generation_id = a.generation_id AND b.seq = a.seq + 1
		WHERE NOT a.late AND b.created_at < a.ended_at - `+strconv.FormatInt(2*w.clocks().Microseconds(), 10))
	w.none("more images than were asked for", `SELECT g.id FROM generations g WHERE g.images_wanted <
		(SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id WHERE i.generation_id = g.id AND i.role = 'result' AND NOT a.late)`)
	for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
		for _, c := range must(w.store.Prove(w.Context(), scope)).Broken() {
			if w.clocks() > time.Minute && timed[c.Invariant] {
				continue
			}
			w.wrong("looking at %s: %+v", scope, c)
		}
	}
	w.none("asked for and not answered", `SELECT kind || ' ' || status || ' ' || step FROM rights WHERE status IN ('asked','running')`)
	w.none("Stars not given back", `SELECT charge_id FROM refunds WHERE status <> 'done'`)
	for _, what := range w.unbooked() {
		w.wrong("Stars: %s", what)
	}
	w.checkBill()
	w.checkBucket()
	for _, p := range w.people[2:] {
		if w.gone(p) {
			w.checkErased(p)
		} else {
			w.checkWishes(p)
		}
	}
	w.checkTalk(w.people[0], w.people[1])
	w.checkTalk(w.people[1], w.people[0])
}

// idle reports whether nothing is left to do, for good.
func (w *world) idle() bool {
	w.mu.Lock()
	unread := len(w.unread)
	w.mu.Unlock()
	if unread > 0 || w.queue.busy() {
		return false
	}
	for _, query := range []string{
		`SELECT COUNT(*) FROM generations WHERE status IN ('held','generating','stored')`,
		`SELECT COUNT(*) FROM deliveries WHERE status IN ('pending','sending')`,
		`SELECT COUNT(*) FROM attempts WHERE state IN ('sending','submitted','running')`,
		`SELECT COUNT(*) FROM rights WHERE status IN ('asked','running')`,
		`SELECT COUNT(*) FROM refunds WHERE status = 'asked'`,
		`SELECT COUNT(*) FROM relays WHERE status IN ('waiting','pending','sending')`,
	} {
		if w.number(query) > 0 {
			return false
		}
	}
	return len(w.unbooked()) == 0
}

// checkBill looks for attempts that were paid for twice.
func (w *world) checkBill() {
	for id, n := range w.called {
		if n > 1 {
			w.wrong("attempt %s was called %d times", id, n)
		}
	}
}

// checkBucket looks for every image.
func (w *world) checkBucket() {
	for _, key := range w.texts(`SELECT object_key FROM images`) {
		if !w.bucket.has(key) {
			w.wrong("image %s is not in the bucket", key)
		}
	}
}

// checkWishes holds what a person asked for against what they got: one generation each, shown once.
func (w *world) checkWishes(p *person) {
	rows := w.texts(`SELECT id || '|' || status FROM generations WHERE user_id = $1 ORDER BY id`, p.id)
	if len(rows) > len(p.wishes) || len(rows) < len(p.wishes) && !p.moody {
		w.wrong("%d wishes became %d generations\n%s", len(p.wishes), len(rows), w.tg.Transcript(p.Person))
	}
	var delivered, unsure int
	for _, row := range rows {
		id, status, _ := strings.Cut(row, "|")
		images := w.number(`SELECT COUNT(*) FROM images WHERE role = 'result' AND generation_id = $1`, id)
		if (status == "delivered" || status == "stored") && images == 0 {
			w.wrong("generation %s is %s and has no image", id, status)
		}
		if w.number(`SELECT COUNT(*) FROM deliveries WHERE kind = 'result' AND status = 'uncertain' AND generation_id = $1`, id) > 0 {
			unsure += images
		} else if w.number(`SELECT COUNT(*) FROM deliveries WHERE kind = 'result' AND status = 'sent' AND generation_id = $1`, id) > 0 {
			delivered += images
		}
	}
	shown := 0
	for _, m := range p.Messages() {
		if m.FromBot() && !m.Deleted && (m.Photo != nil || m.Document != nil) {
			shown++
		}
	}
	if shown < delivered || shown > delivered+unsure {
		w.wrong("person %d sees %d images, %d were delivered and %d may have been\n%s", p.id, shown, delivered, unsure, w.tg.Transcript(p.Person))
	}
}

var mark = regexp.MustCompile(`^#\d+$`)

// checkTalk holds what one said against what the other sees: in order, nothing missing, nothing twice, but for what its
// sender was told of.
func (w *world) checkTalk(from, to *person) {
	told := map[string]bool{}
	var was, is []string
	perhaps := w.texts(`SELECT r.sources FROM relays r JOIN deliveries d ON d.send_key LIKE 'relay:' || r.update_key || '%'
		WHERE r.status = 'uncertain' AND d.status = 'uncertain' AND d.user_id = $1`, from.id) // the word of it may be lost as well
	for _, m := range from.Messages() {
		if slices.Contains(perhaps, strconv.FormatInt(m.MessageID, 10)) {
			told[m.Text] = true
		}
		switch {
		case !m.FromBot() && mark.MatchString(m.Text):
			was = append(was, m.Text)
		case m.FromBot() && m.ReplyToMessage != nil && mark.MatchString(m.ReplyToMessage.Text):
			told[m.ReplyToMessage.Text] = true
		}
	}
	for _, m := range to.Messages() {
		if m.FromBot() && mark.MatchString(m.Text) {
			is = append(is, m.Text)
		}
	}
	unsure := func(s string) bool { return told[s] }
	if was, is := slices.DeleteFunc(was, unsure), slices.DeleteFunc(is, unsure); !slices.Equal(was, is) {
		w.wrong("said %v, seen %v, not sure of %v\n%s\n%s", was, is, told, w.tg.Transcript(from.Person), w.tg.Transcript(to.Person))
	}
}

// calls counts a call of the provider, which has to be on the books before.
func (w *world) calls(attempt string) {
	if w.number(`SELECT COUNT(*) FROM attempts WHERE id = $1`, attempt) == 0 {
		w.wrong("attempt %s is not on the books", attempt)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.called[attempt]++
}
