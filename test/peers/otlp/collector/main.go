// SPDX-License-Identifier: Apache-2.0

// An OpenTelemetry Collector with the OTLP receiver and one exporter, "lines": every request that
// was accepted is one line of OTLP JSON in a file. The receiver is the Collector's own.
package main

import (
	"context"
	"errors"
	"log"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

type config struct {
	Path string `mapstructure:"path"`
}

func (c *config) Validate() error {
	if c.Path == "" {
		return errors.New("path is empty, expected the file to write to")
	}
	return nil
}

func newLines(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	file, err := os.OpenFile(cfg.(*config).Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	push := func(_ context.Context, logs plog.Logs) error {
		text, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
		if err == nil {
			_, err = file.Write(append(text, '\n'))
		}
		return err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, push,
		exporterhelper.WithShutdown(func(context.Context) error { return file.Close() }))
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
