// Command peers does what Imagika does with a prompt, written plainly, to measure Imagika beside it:
//
//	peers floor   on asynq, task after task: what the same hops, commits, objects and calls of Telegram cost at least
//	peers river   on River over Postgres, as its documentation has it: jobs inserted with the rows they are about
//
// Both ask Telegram for updates, hold a credit for each prompt, call a provider that answers at once, put the picture to S3,
// capture the credit, and show the picture. Neither seals what people write, keeps order in a chat, fences a stage against a
// second copy of itself, survives the loss of its queue or an answer that got lost on the way: what that costs is the difference.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings say where everything is.
type settings struct {
	telegram, token, database, redis string
	endpoint, key, secret, bucket    string
	picture                          string
}

func run(ctx context.Context, args []string) error {
	var s settings
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.StringVar(&s.telegram, "telegram", "", "address of the Bot API")
	f.StringVar(&s.token, "token", "", "token of the bot")
	f.StringVar(&s.database, "database", "", "address of Postgres")
	f.StringVar(&s.redis, "redis", "", "address of Redis, for floor")
	f.StringVar(&s.endpoint, "s3", "", "host and port of S3")
	f.StringVar(&s.key, "s3-key", "", "access key")
	f.StringVar(&s.secret, "s3-secret", "", "secret key")
	f.StringVar(&s.bucket, "s3-bucket", "", "bucket")
	f.StringVar(&s.picture, "picture", "", "file that the provider answers with")
	if len(args) == 0 {
		return errors.New("say which: floor or river")
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	w, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer w.db.Close()
	switch args[0] {
	case "floor":
		return runFloor(ctx, w, s.redis)
	case "river":
		return runRiver(ctx, w)
	default:
		return fmt.Errorf("no peer is called %q", args[0])
	}
}

// open connects to the servers and makes the tables.
func open(ctx context.Context, s settings) (*work, error) {
	conf, err := pgxpool.ParseConfig(s.database)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = 40 // as many as a process of Imagika
	db, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, schema); err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	s3, err := minio.New(s.endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.key, s.secret, ""), Region: "us-east-1"})
	if err != nil {
		return nil, err
	}
	if err := s3.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{}); err != nil && minio.ToErrorResponse(err).Code != "BucketAlreadyOwnedByYou" {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	picture, err := os.ReadFile(s.picture)
	if err != nil {
		return nil, err
	}
	return &work{db: db, s3: s3, bucket: s.bucket, telegram: newTelegram(s.telegram, s.token), picture: picture}, nil
}
