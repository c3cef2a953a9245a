//! `btt channel export`, `import`: the payee's vouchers on another disk.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use btt_runtime::modules::channels::voucher::Domain;
use serde::Serialize;

use crate::channels::{Kept, Ledger, folder, parse_line, read_lines, to_line};
use crate::context::Context;
use crate::error::{CliError, Code};
use crate::output::Report;
use crate::render::grouped;

#[derive(Debug, Serialize)]
struct ImportReport {
    read: u64,
    kept: u64,
}

impl Report for ImportReport {
    fn human(&self) -> String {
        let older = match self.read - self.kept {
            0 => String::new(),
            older => format!("; {} are not newer than what is kept", grouped(older)),
        };
        format!("{} vouchers are kept{older}", grouped(self.kept))
    }
}

pub(super) async fn export(context: &Context, file: Option<&Path>) -> Result<(), CliError> {
    let chain_id = context.rpc()?.chain_id().await?;
    let domain = Domain::of(chain_id);
    let ledger: Ledger<Kept> = Ledger::open(&folder(context, chain_id), "kept")?;
    let lines: Vec<String> = ledger.entries().map(|kept| to_line(&domain, &kept.0)).collect();
    let text = lines.join("\n");
    let Some(file) = file else {
        return if lines.is_empty() { Ok(()) } else { context.output.line(&text) };
    };
    write_new(file, &text).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AlreadyExists => "it is there already".to_owned(),
            _ => error.to_string(),
        };
        CliError::new(Code::Io, format!("cannot write {}: {why}", file.display()))
    })?;
    let count = grouped(lines.len() as u64);
    context.output.note(&format!("{count} vouchers are in {}", file.display()));
    Ok(())
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

pub(super) async fn import(context: &Context, file: &Path) -> Result<(), CliError> {
    let chain_id = context.rpc()?.chain_id().await?;
    let domain = Domain::of(chain_id);
    let mut ledger: Ledger<Kept> = Ledger::open(&folder(context, chain_id), "kept")?;
    let mut report = ImportReport { read: 0, kept: 0 };
    for (line, number) in read_lines(file)?.iter().zip(1u64..) {
        let signed = parse_line(&domain, line).map_err(|why| {
            CliError::new(
                Code::InvalidArgument,
                format!("line {number} is no voucher of this chain: {why}; nothing was kept"),
            )
        })?;
        report.read += 1;
        report.kept += u64::from(ledger.offer(Kept(signed))?);
    }
    ledger.commit()?;
    context.output.emit(&report)
}
