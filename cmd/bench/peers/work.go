package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
)

const schema = `
CREATE TABLE accounts (chat BIGINT PRIMARY KEY, balance BIGINT NOT NULL, held BIGINT NOT NULL);
CREATE TABLE ledger (id TEXT PRIMARY KEY, chat BIGINT NOT NULL, what TEXT NOT NULL, amount BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE generations (
	id BIGINT PRIMARY KEY, chat BIGINT NOT NULL, prompt TEXT NOT NULL, status TEXT NOT NULL,
	status_message BIGINT, at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX ON generations (chat, id);
CREATE TABLE attempts (id TEXT PRIMARY KEY, generation BIGINT NOT NULL, status TEXT NOT NULL);
CREATE TABLE images (generation BIGINT NOT NULL, number INT NOT NULL, object TEXT NOT NULL, bytes BIGINT NOT NULL, PRIMARY KEY (generation, number));
CREATE TABLE deliveries (generation BIGINT PRIMARY KEY, status TEXT NOT NULL, message BIGINT);
`

// welcome is everybody's balance at first.
const welcome = 1_000_000

// work is what a picture takes, stage by stage, whatever queue carries it from one to the next. A generation is named by its
// update, so that an update that comes twice makes one.
type work struct {
	db       *pgxpool.Pool
	s3       *minio.Client
	bucket   string
	telegram *telegram
	picture  []byte
}

// statement is one of a transaction.
type statement struct {
	query string
	args  []any
}

// execAll runs statements in one transaction; more, where given, ends it.
func (w *work) execAll(ctx context.Context, more func(pgx.Tx) error, all ...statement) error {
	return pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) error {
		for _, s := range all {
			if _, err := tx.Exec(ctx, s.query, s.args...); err != nil {
				return err
			}
		}
		if more == nil {
			return nil
		}
		return more(tx)
	})
}

// accept holds a credit for a prompt. It is for whoever calls it to see that it is called once.
func (w *work) accept(ctx context.Context, id, chat int64, prompt string, more func(pgx.Tx) error) error {
	return w.execAll(ctx, more,
		statement{`INSERT INTO generations (id, chat, prompt, status) VALUES ($1, $2, $3, 'held')`, []any{id, chat, prompt}},
		statement{`INSERT INTO ledger (id, chat, what, amount) VALUES ($1, $2, 'hold', 1)`, []any{name("hold", id), chat}},
		statement{`INSERT INTO accounts (chat, balance, held) VALUES ($1, $2, 1) ON CONFLICT (chat) DO UPDATE SET held = accounts.held + 1
			WHERE accounts.balance - accounts.held >= 1`, []any{chat, welcome}},
	)
}

// announce says that somebody is at it.
func (w *work) announce(ctx context.Context, id int64) error {
	var chat int64
	var status string
	if err := w.db.QueryRow(ctx, `SELECT chat, status FROM generations WHERE id = $1`, id).Scan(&chat, &status); err != nil || status == "delivered" {
		return err
	}
	message, err := w.telegram.say(ctx, chat, "Painting…")
	if err != nil {
		return err
	}
	_, err = w.db.Exec(ctx, `UPDATE generations SET status_message = $2 WHERE id = $1`, id, message)
	return err
}

// generate writes down that it calls, calls, stores, and captures.
func (w *work) generate(ctx context.Context, id int64, more func(pgx.Tx) error) error {
	var chat int64
	var prompt string
	err := w.db.QueryRow(ctx, `UPDATE generations SET status = 'generating' WHERE id = $1 RETURNING chat, prompt`, id).Scan(&chat, &prompt)
	if err != nil {
		return err
	}
	if _, err := w.db.Exec(ctx, `INSERT INTO attempts (id, generation, status) VALUES ($1, $2, 'sending')`, name("attempt", id), id); err != nil {
		return err
	}
	picture := w.picture // the provider's answer
	_, err = w.s3.PutObject(ctx, w.bucket, object(chat, id), bytes.NewReader(picture), int64(len(picture)), minio.PutObjectOptions{ContentType: "image/png"})
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	return w.execAll(ctx, more,
		statement{`INSERT INTO images (generation, number, object, bytes) VALUES ($1, 0, $2, $3)`, []any{id, object(chat, id), len(picture)}},
		statement{`UPDATE attempts SET status = 'succeeded' WHERE id = $1`, []any{name("attempt", id)}},
		statement{`UPDATE generations SET status = 'stored' WHERE id = $1`, []any{id}},
		statement{`INSERT INTO deliveries (generation, status) VALUES ($1, 'pending')`, []any{id}},
		statement{`INSERT INTO ledger (id, chat, what, amount) VALUES ($1, $2, 'capture', 1)`, []any{name("settle", id), chat}},
		statement{`UPDATE accounts SET balance = balance - 1, held = held - 1 WHERE chat = $1`, []any{chat}},
	)
}

// deliver shows the picture, in the place of what was announced.
func (w *work) deliver(ctx context.Context, id int64) error {
	var chat int64
	var prompt, key string
	var status *int64
	err := w.db.QueryRow(ctx, `
		SELECT g.chat, g.prompt, g.status_message, i.object FROM generations g JOIN images i ON i.generation = g.id WHERE g.id = $1`, id).
		Scan(&chat, &prompt, &status, &key)
	if err != nil {
		return err
	}
	if _, err := w.db.Exec(ctx, `UPDATE deliveries SET status = 'sending' WHERE generation = $1`, id); err != nil {
		return err
	}
	picture, err := w.get(ctx, key)
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	message, err := w.telegram.show(ctx, chat, status, prompt, picture)
	if err != nil {
		return err
	}
	return w.execAll(ctx, nil,
		statement{`UPDATE deliveries SET status = 'sent', message = $2 WHERE generation = $1`, []any{id, message}},
		statement{`UPDATE generations SET status = 'delivered' WHERE id = $1`, []any{id}},
	)
}

func (w *work) get(ctx context.Context, key string) ([]byte, error) {
	o, err := w.s3.GetObject(ctx, w.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(o)
}

func object(chat, id int64) string {
	return "u/" + strconv.FormatInt(chat, 10) + "/" + strconv.FormatInt(id, 10)
}

func name(what string, id int64) string { return what + ":" + strconv.FormatInt(id, 10) }
