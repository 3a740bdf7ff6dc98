//! What the one door costs on each engine, without the disk: commits survive the process only, so that the figure is our
//! own work and not a disk's mood. PostgreSQL is measured when `MUSTER_TEST_POSTGRES` names one.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::future::join_all;
use model::Answer;
use muster_service::{
    execute,
    kit::{Engine, House, Project, create_task},
};

async fn create(house: &House, project: &Project) {
    let command = create_task(project, house.id(), "Check the fence before the first delivery");
    let answers = execute(house, &project.lead, vec![house.envelope(command)]).await;
    assert!(matches!(answers[..], [Answer::Done(_)]), "{answers:?}");
}

#[expect(clippy::expect_used, reason = "without a runtime there is nothing to measure")]
fn create_tasks(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("execute create_task");
    for (name, engine) in [("SQLite", Engine::Sqlite), ("PostgreSQL", Engine::Postgres)] {
        if engine == Engine::Postgres && std::env::var_os("MUSTER_TEST_POSTGRES").is_none() {
            continue;
        }
        let house = runtime.block_on(House::open(engine));
        let project = runtime.block_on(house.project("BEN"));
        for n_at_once in [1_u64, 64] {
            group.throughput(Throughput::Elements(n_at_once));
            group.bench_function(BenchmarkId::new(name, n_at_once), |b| {
                b.to_async(&runtime).iter(|| join_all((0..n_at_once).map(|_| create(&house, &project))));
            });
        }
        runtime.block_on(house.close());
    }
    group.finish();
}

criterion_group!(benches, create_tasks);
criterion_main!(benches);
