// Command drive asks for pictures with a Go SDK for OpenAI's API: nothing but address and token are others.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/sashabaranov/go-openai"
)

func main() {
	if err := drive(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("done 4")
}

func drive(ctx context.Context, address, token string) error {
	config := openai.DefaultConfig(token)
	config.BaseURL = address
	client := openai.NewClientWithConfig(config)
	fox, err := picture(client.CreateImage(ctx, openai.ImageRequest{
		Prompt: "a red fox", N: 1, Size: openai.CreateImageSize1024x1024, ResponseFormat: openai.CreateImageResponseFormatB64JSON,
	}))
	if err != nil {
		return err
	}
	if _, err := picture(client.CreateEditImage(ctx, openai.ImageEditRequest{
		Image: openai.WrapReader(bytes.NewReader(fox), "fox.png", "image/png"), Prompt: "in snow", N: 1, ResponseFormat: openai.CreateImageResponseFormatB64JSON,
	})); err != nil {
		return err
	}
	if all, err := client.ListModels(ctx); err != nil || len(all.Models) == 0 {
		return fmt.Errorf("%d models, %w", len(all.Models), err)
	}
	_, err = client.CreateImage(ctx, openai.ImageRequest{Prompt: "a fox", Model: "nobody"})
	var e *openai.APIError
	if !errors.As(err, &e) || e.HTTPStatusCode != http.StatusNotFound || e.Code != "model_not_found" {
		return fmt.Errorf("an unknown model is %w", err)
	}
	return nil
}

// picture takes what an answer holds.
func picture(r openai.ImageResponse, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(r.Data[0].B64JSON)
	if err != nil || len(b) < 100 || r.Created == 0 {
		return nil, fmt.Errorf("no picture: %d bytes, %w", len(b), err)
	}
	return b, nil
}
