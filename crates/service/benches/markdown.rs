//! What it costs to render a text: an ordinary comment, and the longest text of what is most work to read. Each is rendered
//! once per version and node, whoever reads it.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const COMMENT: &str = "Unit 7 is **clean** after the swap, see MUS-12. Replacements arrive on Friday:\n\n\
    - [x] order 40 sensors\n- [ ] swap them in units 1 to 5, https://norrvik.example/batch/2431\n\n`zero = 0.3`";

fn render(c: &mut Criterion) {
    let mut group = c.benchmark_group("render");
    let longest = |part: &str| part.repeat(20_000 / part.len());
    for (name, text) in [
        ("a comment", COMMENT.to_owned()),
        ("20,000 characters of comments", longest(COMMENT)),
        ("20,000 brackets", longest("[")),
        ("20,000 quotes", longest("> ")),
        ("20,000 emphases", longest("*a **b ")),
        ("20,000 boxes", longest("- [ ] a\n")),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| muster_service::rendered(black_box(&text), "MUS")));
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
