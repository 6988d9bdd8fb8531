// SPDX-License-Identifier: Apache-2.0

// An OpenTelemetry Collector with the OTLP receiver and one exporter, "lines": every request that
// was accepted is one line of OTLP JSON in the file "lines" in a folder; or, with `numbers`, the
// number of each event (../../faults/feed.c) is appended to the file "SINK.numbers", SINK from the
// resource. While there is a file "busy" in the folder nothing is accepted. The receiver, and what it
// answers, is the Collector's own.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

type config struct {
	Folder  string `mapstructure:"folder"`
	Numbers bool   `mapstructure:"numbers"`
}

func (c *config) Validate() error {
	if c.Folder == "" {
		return errors.New("folder is empty, expected the one to write to")
	}
	return nil
}

// In one piece, and on lines of its own: this process may be killed at any time.
func (c *config) put(name string, text []byte) error {
	file, err := os.OpenFile(filepath.Join(c.Folder, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(append(append([]byte{'\n'}, text...), '\n'))
	return err
}

func textOf(value pcommon.Value) string {
	if value.Type() == pcommon.ValueTypeBytes {
		return string(value.Bytes().AsRaw())
	}
	return value.Str()
}

func numberOf(record plog.LogRecord) (string, error) {
	path, ok := record.Body().Map().Get("pathname")
	parts := strings.SplitN(textOf(path), "/", 4)
	if !ok || len(parts) < 3 {
		return "", errors.New("event has no number")
	}
	return parts[2], nil
}

func (c *config) putNumbers(logs plog.Logs) error {
	for _, part := range logs.ResourceLogs().All() {
		sink, _ := part.Resource().Attributes().Get("sink")
		var numbers []string
		for _, scope := range part.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				number, err := numberOf(record)
				if err != nil {
					return err
				}
				numbers = append(numbers, number)
			}
		}
		err := c.put(sink.Str()+".numbers", []byte(strings.Join(numbers, "\n")))
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *config) push(_ context.Context, logs plog.Logs) error {
	if _, err := os.Stat(filepath.Join(c.Folder, "busy")); err == nil {
		return errors.New("busy, as the test wants it")
	}
	if c.Numbers {
		return c.putNumbers(logs)
	}
	text, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
	if err != nil {
		return err
	}
	return c.put("lines", text)
}

func newLines(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	return exporterhelper.NewLogs(ctx, set, cfg, cfg.(*config).push)
}

func factories() (otelcol.Factories, error) {
	lines := exporter.NewFactory(component.MustNewType("lines"),
		func() component.Config { return &config{} },
		exporter.WithLogs(newLines, component.StabilityLevelDevelopment))
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](lines)
	return otelcol.Factories{
		Receivers: receivers,
		Exporters: exporters,
		Telemetry: otelconftelemetry.NewFactory(),
	}, err
}

func main() {
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "peer-collector", Version: "test"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
				DefaultScheme:     "file",
			},
		},
	})
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}
