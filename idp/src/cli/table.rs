/// Lines whose columns stand under one another, each as wide as its widest cell. What may be of another width on a
/// terminal than its characters count, such as Chinese, belongs in the last column.
pub(super) fn align<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    });
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths);
        let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another() {
        let rows = [["kid", "status"], ["longer", "next"]].map(|row| row.map(str::to_owned));
        assert_eq!(align(&rows), "kid     status\nlonger  next\n");
    }
}
