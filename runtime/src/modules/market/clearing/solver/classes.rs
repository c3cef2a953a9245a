//! Classes: nodes between which units can move both ways. Prices of sellers are by class. They do not depend on
//! which of the best flows was found.

use super::component::{Component, NONE};

/// The strongly connected component of every node (Tarjan): swarm to all its sellers, seller to those it
/// serves. Classes are numbered in the order in which they are completed.
pub(in super::super) fn classes(graph: &Component, flow: &[u32]) -> Vec<u32> {
    let nodes = graph.nodes();
    let mut search = Search {
        class: vec![NONE; nodes],
        index: vec![NONE; nodes],
        low: vec![0; nodes],
        next_index: 0,
        classes: 0,
        open: Vec::new(),
        path: Vec::new(),
    };
    for node in 0..nodes as u32 {
        if search.index[node as usize] == NONE {
            search.visit(graph, flow, node);
        }
    }
    search.class
}

struct Search {
    class: Vec<u32>,
    index: Vec<u32>,
    low: Vec<u32>,
    next_index: u32,
    classes: u32,
    /// Nodes whose class is not complete.
    open: Vec<u32>,
    /// Nodes under way, and the next of their arcs.
    path: Vec<(u32, u32)>,
}

impl Search {
    fn enter(&mut self, node: u32) {
        self.index[node as usize] = self.next_index;
        self.low[node as usize] = self.next_index;
        self.next_index += 1;
        self.open.push(node);
        self.path.push((node, 0));
    }

    fn visit(&mut self, graph: &Component, flow: &[u32], root: u32) {
        self.enter(root);
        while let Some((node, arc)) = self.path.last_mut() {
            let node = *node;
            if let Some(next) = arc_of(graph, flow, node, arc) {
                if self.index[next as usize] == NONE {
                    self.enter(next);
                } else if self.class[next as usize] == NONE {
                    let low = self.low[node as usize].min(self.index[next as usize]);
                    self.low[node as usize] = low;
                }
                continue;
            }
            self.path.pop();
            let low = self.low[node as usize];
            if let Some((parent, _)) = self.path.last() {
                let parent = *parent as usize;
                self.low[parent] = self.low[parent].min(low);
            }
            if low == self.index[node as usize] {
                while let Some(member) = self.open.pop() {
                    self.class[member as usize] = self.classes;
                    if member == node {
                        break;
                    }
                }
                self.classes += 1;
            }
        }
    }
}

/// The node at the end of the next arc of `node`; moves `arc` past it.
fn arc_of(graph: &Component, flow: &[u32], node: u32, arc: &mut u32) -> Option<u32> {
    if graph.is_swarm(node) {
        let edge = graph.edges_of_swarm(node).nth(*arc as usize)?;
        *arc += 1;
        return Some(graph.seller_node(edge));
    }
    let edges = graph.edges_of_seller(graph.seller_of(node));
    while let Some(&edge) = edges.get(*arc as usize) {
        *arc += 1;
        if flow[edge as usize] > 0 {
            return Some(graph.edge_swarm[edge as usize]);
        }
    }
    None
}
