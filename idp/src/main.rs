fn main() -> std::process::ExitCode {
    yimen::cli::run()
}
