app.add_subcommand("verify").add_option("--context");
