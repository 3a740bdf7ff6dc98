//! Any sequence of commands gives the same board, whether it is folded from the feed or read from rows.

use model::{
    Answer, Command, Envelope, PersonId, ProjectRole, Role,
    testing::{Random, any_command},
};
use muster_service::{Actor, execute, kit::House};

/// How many sequences, and of how many batches.
const SEQUENCES: u64 = 6;
const BATCHES: usize = 30;

async fn sequence(house: &House, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let project = house.project(&format!("R{seed}")).await;
    let twin = house.project_of(&project.lead, &format!("T{seed}")).await;
    let mut actors: Vec<Actor> = vec![project.lead, house.admin("Admin").await];
    for role in ProjectRole::ALL {
        let actor = house.person("Somebody").await;
        house.add(&project, &actor, *role).await;
        actors.push(actor);
    }
    actors.push(house.person_as("Stranger", Role::User).await);
    let people: Vec<PersonId> = actors.iter().map(|a| a.person).collect();
    let (mut sent, mut n_done): (Vec<(Actor, Envelope)>, usize) = (Vec::new(), 0);
    for _ in 0..BATCHES {
        // The commands of a batch go by the board as it was before: later ones of them are stale.
        let boards = [house.board(project.id).await, house.board(twin.id).await];
        let actor = if random.one_in(2) { actors[1] } else { *random.pick(&actors) };
        let mut batch: Vec<Envelope> = Vec::new();
        for _ in 0..=random.below(12) {
            let board = &boards[usize::from(random.one_in(6))];
            let command: Command = any_command(board, &people, &mut random);
            batch.push(Envelope { op: random.id(), command });
        }
        if !sent.is_empty() && random.one_in(2) {
            // An answer was lost: the same again.
            let (who, envelope) = random.pick(&sent).clone();
            execute(house, &who, vec![envelope]).await;
        }
        let answers = execute(house, &actor, batch.clone()).await;
        n_done += answers.iter().filter(|a| matches!(a, Answer::Done(d) if d.first > 0)).count();
        sent.extend(batch.into_iter().map(|envelope| (actor, envelope)));
        for id in [project.id, twin.id] {
            assert_eq!(house.board(id).await, house.folded(id).await, "seed {seed}");
        }
    }
    n_done
}

muster_service::both_engines! {
    async fn rows_and_feed_tell_the_same_after_any_commands(house) {
        let mut n_done = 0;
        for seed in 0..SEQUENCES {
            n_done += sequence(house, seed).await;
        }
        assert!(n_done > 300, "only {n_done} commands were done");
    }
}
