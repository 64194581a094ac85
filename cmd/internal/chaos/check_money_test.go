package chaos_test

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// contradictions are queries that return what is wrong about generations and requests, and may return nothing in the end.
var contradictions = []struct{ what, of, query string }{
	{"settled otherwise than once", "generations", `SELECT g.id || ' ' || g.status FROM generations g
		LEFT JOIN transfers t ON t.id = 'settle:' || g.id WHERE g.price > 0 GROUP BY g.id HAVING COUNT(t.id) <> 1`},
	{"captured and released", "generations", `SELECT g.id FROM generations g JOIN transfers t ON t.kind IN ('capture','release') AND t.ref = g.id
		GROUP BY g.id HAVING COUNT(*) <> 1`},
	{"paid for something else than the images there are", "generations", `SELECT g.id || ' ' || g.status || ' ' || t.amount FROM generations g
		JOIN transfers t ON t.id = 'settle:' || g.id WHERE g.deleted_at IS NULL
		AND t.amount <> (SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id WHERE i.generation_id = g.id AND i.role = 'result' AND NOT a.late)`},
	{"without reason", "generations", `SELECT id || ' ' || status FROM generations WHERE status IN ('failed','refused','undeliverable','canceled') AND reason = ''`},
	{"asked again although nobody knows", "attempts", `SELECT b.id FROM attempts a JOIN attempts b ON b.generation_id = a.generation_id AND b.seq > a.seq WHERE a.state = 'unknown'`},
	{"held", "transfers", `SELECT generation_id FROM open_holds`},
	{"more images than were asked for", "images", `SELECT g.id FROM generations g WHERE g.images_wanted <
		(SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id WHERE i.generation_id = g.id AND i.role = 'result' AND NOT a.late)`},
	{"given up", "attempts", `SELECT id FROM generations WHERE reason = 'quarantined'`},
	{"granted otherwise than once", "payments", `SELECT p.charge_id FROM payments p LEFT JOIN transfers t ON t.id = 'pay:' || p.charge_id
		GROUP BY p.charge_id HAVING COUNT(t.id) <> 1`},
	{"given back without its credits", "refunds", `SELECT r.charge_id FROM refunds r LEFT JOIN transfers t ON t.kind = 'refund' AND t.ref = r.charge_id
		WHERE r.status = 'done' AND r.credits > 0 GROUP BY r.charge_id HAVING COUNT(t.id) <> 1`},
}

// settled holds the rows against each other.
func (k *checker) settled() {
	k.t.Helper()
	for _, c := range contradictions {
		k.Checked[c.of+" in SQL"] = k.number(`SELECT COUNT(*) FROM ` + c.of)
		for _, row := range k.texts(c.query) {
			k.wrong("%s: %s", c.what, row)
		}
	}
}

// books holds the ledger against itself.
func (k *checker) books() {
	k.t.Helper()
	b, err := k.store.Audit(k.t.Context())
	fatal(k.t, err)
	for _, v := range b.Violations {
		k.wrong("the books: %s: %s", v.Invariant, v.Row)
	}
	sum := b.Posted
	for _, h := range b.House {
		sum += h.Credits
	}
	for _, off := range b.Off {
		if off.Credits != 0 {
			k.wrong("the books are off by %d: %s", off.Credits, off.Name)
		}
	}
	if k.Checked["transfers"] = int(b.Transfers); sum != 0 || b.Held != 0 {
		k.wrong("people and the house have %d together, and %d are held", sum, b.Held)
	}
}

// proved: what imagika admin verify holds against the database, every byte of the bucket and Telegram's list.
func (k *checker) proved() {
	k.t.Helper()
	cfg, err := config.Load(config.RoleTool, k.environ())
	fatal(k.t, err)
	v, err := app.Prove(k.t.Context(), cfg, slog.New(slog.DiscardHandler), app.Proving{Pictures: true, Bytes: true, Stars: true})
	fatal(k.t, err)
	for _, c := range v.Checks {
		k.Checked["rows of admin verify"] += int(c.Examined)
	}
	for _, c := range v.Broken() {
		k.wrong("admin verify: %s (%s): %d: %s", c.Invariant, c.Ref, c.Broken, strings.Join(c.Rows, " "))
	}
}

// payments: what Telegram took is booked once, and what it gave back is what the books say.
func (k *checker) payments() {
	k.t.Helper()
	var all []string
	for _, p := range k.crowd.all {
		all = append(all, p.charges...)
		back := int64(0)
		for _, charge := range p.charges {
			k.Checked["payments"]++
			paid, err := k.store.Payment(k.t.Context(), charge)
			switch {
			case errors.Is(err, storage.ErrNotFound) && *ack == config.AckEnqueue:
				k.Checked["payments to be found in Telegram's list"]++ // which is done when they are ten minutes old
			case errors.Is(err, storage.ErrNotFound):
				k.wrong("payment %s of %s is not booked", charge, p.User().FirstName)
			case err != nil:
				k.t.Fatal(err)
			case paid.Status == storage.PaymentRefunded:
				back += paid.Stars
			}
		}
		if want := p.stars - 50*int64(len(p.charges)) + back; p.Stars() != want {
			k.wrong("%s has %d Stars, want %d", p.User().FirstName, p.Stars(), want)
		}
	}
	for _, charge := range k.texts(`SELECT charge_id FROM payments`) {
		if !slices.Contains(all, charge) {
			k.wrong("payment %s is booked, and nobody made it", charge)
		}
	}
}

// requests: whoever asked for what is held about them has it.
func (k *checker) requests() {
	k.t.Helper()
	for _, p := range k.crowd.curious {
		files := 0
		for _, m := range p.Messages() {
			if m.FromBot() && m.Document != nil && strings.HasSuffix(m.Document.FileName, ".zip") {
				files++
			}
		}
		k.Checked["exports"] += p.exports
		done := k.number(`SELECT COUNT(*) FROM rights WHERE user_id = $1 AND kind = 'export' AND status = 'done'`, p.id)
		unsure := k.number(`SELECT COUNT(*) FROM deliveries WHERE user_id = $1 AND send_key LIKE 'export:%' AND status = 'uncertain'`, p.id)
		if files < done-unsure || files > done {
			k.wrong("%s has %d files of %d exports, and may have %d more", p.User().FirstName, files, done, unsure)
		}
	}
}

// bucketed: every image that the books know lies in the bucket, under its owner's prefix.
func (k *checker) bucketed() {
	k.t.Helper()
	lies := map[string]bool{}
	for o, err := range k.bucket.List(k.t.Context(), "") {
		fatal(k.t, err)
		lies[o.Key] = true
	}
	for _, row := range k.texts(`SELECT user_id || ' ' || object_key FROM images`) {
		k.Checked["images in S3"]++
		_, key, _ := strings.Cut(row, " ")
		if !lies[key] {
			k.wrong("image %s is not in the bucket", row)
		}
	}
}

// erased reports whether somebody is gone for good.
func (k *checker) erased(p *person) bool {
	k.t.Helper()
	return k.number(`SELECT COUNT(*) FROM rights WHERE user_id = $1 AND kind = 'erase' AND status = 'done'`, p.id) > 0
}

// gone: of somebody who was erased nothing is left anywhere.
func (k *checker) gone(p *person) {
	k.t.Helper()
	k.Checked["erased"]++
	for _, name := range []string{"IMAGIKA_DATABASE_URL", "IMAGIKA_KEYS_DATABASE_URL"} {
		for _, row := range k.dump(k.env[name]) {
			k.traceless(p, row)
		}
	}
	for _, row := range k.dumpRedis() {
		k.traceless(p, row)
	}
	for _, prefix := range []string{objects.UserPrefix(p.id), objects.ExportPrefix(p.id)} {
		for o, err := range k.bucket.List(k.t.Context(), prefix) {
			k.wrong("%s is gone, and left %s, %v", p.User().FirstName, o.Key, err)
		}
	}
}

func (k *checker) traceless(p *person, row string) {
	k.Checked["rows searched for the erased"]++
	for _, c := range p.canaries {
		if strings.Contains(row, c) || strings.Contains(row, hex.EncodeToString([]byte(c))) { // bytes of a row are written so
			k.wrong("%s is gone, and left %q in %.300s", p.User().FirstName, c, row)
		}
	}
}

// dump is every row of a database, as text.
func (k *checker) dump(address string) (all []string) {
	k.t.Helper()
	db, err := sql.Open("pgx", address)
	fatal(k.t, err)
	defer db.Close()
	past := &world{t: k.t, raw: db}
	for _, table := range past.texts(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		for _, row := range past.texts(`SELECT CAST(t AS TEXT) FROM ` + table + ` t`) {
			all = append(all, table+" "+row)
		}
	}
	return all
}

// dumpRedis is every key with its value, as it lies there.
func (k *checker) dumpRedis() (all []string) {
	k.t.Helper()
	opts, err := redis.ParseURL(k.redis.url())
	fatal(k.t, err)
	conn := redis.NewClient(opts)
	defer conn.Close()
	fatal(k.t, conn.ConfigSet(k.t.Context(), "rdbcompression", "no").Err()) // else longer texts cannot be read in a dump
	for keys := conn.Scan(k.t.Context(), 0, "*", 1000).Iterator(); keys.Next(k.t.Context()); {
		all = append(all, keys.Val()+" "+conn.Dump(k.t.Context(), keys.Val()).Val())
	}
	return all
}
