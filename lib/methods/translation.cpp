#include "methods/translation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mean.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <utility>

#include "base/errors.h"
#include "losses/widened.h"
#include "methods/mutual_sections.h"
#include "models/catalog.h"
#include "models/work.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

using Kind = Parameter::Kind;

Parameter choice(const char* name, const char* initial, const char* help,
                 std::vector<std::string> words) {
  return {name, Kind::choice, initial, help, -1e300, 1e300, std::move(words)};
}

Parameter text(const char* name, Kind kind, const char* help) {
  return {name, kind, "", help, -1e300, 1e300, {}};
}

at::Tensor mean_distance(const at::Tensor& a, const at::Tensor& b) {
  return at::mean(losses::widened(a - b).abs());
}

tensor::Statistics statistics_from(const std::string& word) {
  if (word == "eval") return tensor::Statistics::gathered;
  return word == "train" ? tensor::Statistics::batch_and_gather : tensor::Statistics::batch;
}

size_t other(size_t direction) { return 1 - direction; }

}  // namespace

std::span<const Parameter> translation_parameters() {
  static const std::vector<Parameter> rows{
      text("from", Kind::text, "stream whose images are translated first; none: the first stream"),
      text("to", Kind::text, "stream whose images they shall resemble; none: the second stream"),
      text("file", Kind::path,
           "checkpoint of a translator that is taken as it is; none: it is trained"),
      choice("gan", "lsgan",
             "adversarial objective: least squares (CycleGAN, SIFA, code), logistic "
             "(non-saturating), or as the equations of MKD say it (saturating)",
             {"lsgan", "bce", "bce-sat"}),
      {"cycle",
       Kind::number,
       "10",
       "weight of the mean distance of images and their way there and back (MKD, CycleGAN)",
       0,
       1e6,
       {}},
      {"identity",
       Kind::number,
       "0",
       "weight of the mean distance of images that are of the generator's kind already and what it "
       "makes of them",
       0,
       1e6,
       {}},
      {"pool",
       Kind::integer,
       "50",
       "former images (or batches) that discriminators see beside the latest; 0: none (CycleGAN, "
       "SIFA)",
       0,
       1e5,
       {}},
      choice("pool-unit", "image",
             "what a pool keeps and replaces: images (CycleGAN's code), batches (SIFA's)",
             {"image", "batch"}),
      choice("g-update", "in-turn",
             "generators move one after the other, each before its discriminator (MKD, SIFA), or "
             "both at once before both discriminators (CycleGAN's code)",
             {"in-turn", "joint"}),
      choice("bn-in-g-step", "batch",
             "norms of a segmenting network that guides a generator go by: the batch, nothing "
             "gathered; what was gathered (eval); the batch, gathered, too (train)",
             {"batch", "eval", "train"}),
  };
  return rows;
}

HeldStill::HeldStill(const std::vector<torch::nn::Module*>& modules) {
  for (auto* module : modules)
    for (auto& p : module->parameters())
      if (p.requires_grad()) {
        p.set_requires_grad(false);
        parameters_.push_back(p);
      }
}

HeldStill::~HeldStill() {
  for (auto& p : parameters_) p.set_requires_grad(true);
}

Translation::Judged::Judged(std::shared_ptr<models::Discriminator> discriminator,
                            const Regimen& regimen, ImagePool images)
    : judge(std::move(discriminator)), updates(judge->module(), regimen), pool(std::move(images)) {}

Translation::Translation(const Setup& setup) : setup_(setup) {
  const TranslationSetup& t = setup.translation.value();
  const Parameters values(translation_parameters(), t.section);
  gan_ = losses::gan_from(values.text("gan"));
  cycle_ = values.number("cycle");
  identity_ = values.number("identity");
  at_once_ = values.text("g-update") == "joint";
  statistics_ = statistics_from(values.text("bn-in-g-step"));
  sides_[0] = {t.from, t.to, t.there.model, nullptr};
  sides_[1] = {t.to, t.from, t.back.model, nullptr};
  if (!t.judge_of_to) {
    for (const auto& one : sides_) freeze(one.model);
    return;
  }
  const auto channels = [](const Side& one) { return one.model.contract.channels.size(); };
  if (identity_ > 0 && channels(sides_[0]) != channels(sides_[1]))
    throw UsageError(
        "{}: [translation]: identity needs streams of as many channels, {} has {} and {} {}",
        t.section.where, t.from, channels(sides_[0]), t.to, channels(sides_[1]));
  const auto unit =
      values.text("pool-unit") == "image" ? ImagePool::Unit::image : ImagePool::Unit::batch;
  const Trained* trained[] = {&t.there, &t.back};
  const std::shared_ptr<models::Discriminator> judges[] = {t.judge_of_to, t.judge_of_from};
  for (size_t d = 0; d < 2; ++d) {
    sides_[d].learner = std::make_unique<Learner>(*trained[d], setup_, trained[d]->name);
    judged_[d].emplace(judges[d], t.judging, ImagePool(values.integer("pool"), unit));
  }
}

std::array<std::string, 2> Translation::streams() const {
  return {translated_stream(side(0).from, side(0).to), translated_stream(side(1).from, side(1).to)};
}

const std::string& Translation::origin_of(const std::string& translated) const {
  return translated == streams()[0] ? side(0).from : side(1).from;
}

std::vector<Candidate::Member> Translation::generators() const {
  const TranslationSetup& t = *setup_.translation;
  return {{t.there.name, &side(0).model}, {t.back.name, &side(1).model}};
}

at::Tensor Translation::image_of(size_t direction, const tensor::Draw& draw) const {
  return images_of(draw.at(side(direction).from), side(direction).model.contract.channels);
}

at::Tensor Translation::made_by(size_t direction, const at::Tensor& images) const {
  tensor::Input input;
  input.image = images;
  return pass_of(side(direction).model, std::move(input), {}, setup_).output.logits;
}

at::Tensor Translation::score(size_t direction, const at::Tensor& images) const {
  const tensor::Autocast cast(setup_.device, setup_.compute);
  return judged_[direction]->judge->forward(at::Tensor(), {images, {}});
}

/// Everything that a generator's step looks at and leaves as it is.
std::vector<torch::nn::Module*> Translation::modules_but(size_t learning,
                                                         const std::vector<Guide>& guides) const {
  std::vector<torch::nn::Module*> still{&side(other(learning)).model.network->module(),
                                        judged_[learning]->judge->module().get()};
  for (const auto& guide : guides) still.push_back(&guide.model->network->module());
  return still;
}

at::Tensor Translation::adversarial_and_identity(size_t direction, const Images& images,
                                                 NamedScalars& scalars) const {
  const std::string& to = side(direction).to;
  at::Tensor loss = losses::generator_loss(gan_, score(direction, images.made[direction]));
  scalars.emplace_back("adversarial-" + to, loss.detach());
  if (identity_ > 0) {
    const at::Tensor& already = images.real[other(direction)];
    const at::Tensor value = mean_distance(made_by(direction, already), already);
    scalars.emplace_back("identity-" + to, value.detach());
    loss = loss + identity_ * value;
  }
  return loss;
}

/// Both ways there and back.
at::Tensor Translation::cycle(const Images& images, NamedScalars* scalars) const {
  at::Tensor sum;
  for (size_t d = 0; d < 2; ++d) {
    const at::Tensor value = mean_distance(made_by(other(d), images.made[d]), images.real[d]);
    if (scalars) scalars->emplace_back("cycle-" + side(d).from, value.detach());
    sum = sum.defined() ? sum + value : value;
  }
  return sum * cycle_;
}

/// `loss` and what the guides add to it.
at::Tensor Translation::loss_with_shapes(at::Tensor loss, size_t direction, const Images& images,
                                         const tensor::Draw& draw, const StepInfo& info,
                                         const std::vector<Guide>& guides,
                                         NamedScalars& scalars) const {
  for (const auto& guide : guides) {
    tensor::Input input;
    input.image = images.made[direction];
    input.statistics = statistics_;
    const auto& objective = *guide.objective;
    const Pass pass = pass_of(*guide.model, std::move(input), objective.student_needs(), setup_);
    NamedScalars parts;
    const at::Tensor value =
        loss_of(objective,
                {*guide.model, guide.weights, pass, draw.at(side(direction).from), nullptr, info},
                setup_, parts);
    if (!value.defined()) continue;  // no sample has a label
    scalars.emplace_back("shape-" + guide.name, value.detach());
    loss = loss + value * guide.weight;
  }
  return loss;
}

void Translation::teach_judge(size_t direction, const Images& images, const StepInfo& info,
                              NamedScalars& scalars) {
  Judged& own = *judged_[direction];
  const std::string& to = side(direction).to;
  Random random(info.seed, static_cast<uint64_t>(info.step), "pool/" + to);
  const at::Tensor made = own.pool.query(images.made[direction], random);
  const at::Tensor loss = losses::discriminator_loss(
      gan_, score(direction, images.real[other(direction)]), score(direction, made));
  scalars.emplace_back("discriminator-" + to, loss.detach());
  own.updates.update({loss}, {at::Tensor()}, info);
}

void Translation::learn_in_turn(Images& images, const tensor::Draw& draw, const StepInfo& info,
                                const std::array<std::vector<Guide>, 2>& guides,
                                NamedScalars& scalars) {
  // The second generator does not move before its own turn, which takes up this pass's graph.
  const at::Tensor back = made_by(1, images.real[1]);
  for (size_t d = 0; d < 2; ++d) {
    if (d == 0) {
      images.made = {made_by(0, images.real[0]), back.detach()};
    } else {
      const at::NoGradGuard guard;
      images.made = {made_by(0, images.real[0]), back};
      latest_ = images.made[0];
    }
    {
      const HeldStill still(modules_but(d, guides[d]));
      at::Tensor loss =
          adversarial_and_identity(d, images, scalars) + cycle(images, d == 0 ? &scalars : nullptr);
      loss = loss_with_shapes(loss, d, images, draw, info, guides[d], scalars);
      scalars.emplace_back("loss-" + sides_[d].learner->name(), loss.detach());
      sides_[d].learner->update({loss}, {at::Tensor()}, info);
    }
    // Graphs end here: discriminators see images alone.
    for (auto& made : images.made) made = made.detach();
    teach_judge(d, images, info, scalars);
  }
}

void Translation::learn_at_once(Images& images, const tensor::Draw& draw, const StepInfo& info,
                                const std::array<std::vector<Guide>, 2>& guides,
                                NamedScalars& scalars) {
  for (size_t d = 0; d < 2; ++d) images.made[d] = made_by(d, images.real[d]);
  {
    std::vector<torch::nn::Module*> modules;
    for (size_t d = 0; d < 2; ++d) {
      modules.push_back(judged_[d]->judge->module().get());
      for (const auto& guide : guides[d]) modules.push_back(&guide.model->network->module());
    }
    const HeldStill still(modules);
    at::Tensor loss = cycle(images, &scalars);
    for (size_t d = 0; d < 2; ++d) {
      loss = loss + adversarial_and_identity(d, images, scalars);
      loss = loss_with_shapes(loss, d, images, draw, info, guides[d], scalars);
    }
    scalars.emplace_back("loss-generators", loss.detach());
    Updates &first = sides_[0].learner->updates(), &second = sides_[1].learner->updates();
    first.begin(info);
    second.begin(info);
    torch::autograd::backward({loss * first.share()}, {});
    first.finish(info);
    second.finish(info);
  }
  for (size_t d = 0; d < 2; ++d) {
    images.made[d] = images.made[d].detach();
    teach_judge(d, images, info, scalars);
  }
}

void Translation::learn(const tensor::Draw& draw, const StepInfo& info,
                        const std::array<std::vector<Guide>, 2>& guides, NamedScalars& scalars) {
  Images images;
  for (size_t d = 0; d < 2; ++d) images.real[d] = image_of(d, draw);
  latest_ = at::Tensor();
  if (at_once_)
    learn_at_once(images, draw, info, guides, scalars);
  else
    learn_in_turn(images, draw, info, guides, scalars);
}

tensor::Batch Translation::translated(const std::string& stream, const tensor::Draw& draw) {
  const size_t d = stream == streams()[0] ? 0 : 1;
  tensor::Batch batch = draw.at(side(d).from);
  const at::NoGradGuard guard;
  const bool known = d == 0 && latest_.defined();
  batch.input.image = known ? latest_ : made_by(d, image_of(d, draw));
  batch.channels = side(d).model.contract.head.names;
  return batch;
}

std::vector<Part> Translation::parts() const {
  std::vector<Part> parts;
  const auto generators = this->generators();
  for (size_t d = 0; d < 2; ++d)
    parts.push_back(side(d).learner ? side(d).learner->part()
                                    : Part{generators[d].name,
                                           side(d).model.network->shared_module(), nullptr, false});
  for (size_t d = 0; d < 2; ++d)
    if (judged_[d]) parts.push_back(judged_[d]->updates.part("discriminator-" + side(d).to));
  return parts;
}

int64_t Translation::forward_macs(size_t direction, const Shapes& shapes) const {
  const Side& one = side(direction);
  const auto& [size, batch] = shapes.at(one.from);
  return batch * models::macs_of(*one.model.network,
                                 static_cast<int64_t>(one.model.contract.channels.size()), size);
}

int64_t Translation::macs(const Shapes& shapes) const {
  // A pass over images whose gradient nobody wants costs its first layer once less.
  const auto first = [](const std::vector<models::LayerWork>& work) { return work.front().macs; };
  int64_t sum = 0;
  for (size_t d = 0; d < 2; ++d) {
    const Side& one = side(d);
    const auto channels = static_cast<int64_t>(one.model.contract.channels.size());
    const auto& [size, batch] = shapes.at(one.from);
    const int64_t here = models::macs_of(*one.model.network, channels, size);
    const int64_t entry = first(models::work_of(*one.model.network, channels, size));
    const auto judging = models::work_of(*judged_[d]->judge, *one.model.network, channels, size);
    const int64_t judge = models::total_macs(judging);
    // Per direction d, G over its own stream's images: with gradients once for its adversarial and
    // its own way back; as a frozen second half of the way back of the other direction, over the
    // other's images of equal size; with gradients as the second half of the other's.
    const int64_t learning = 2 * (3 * here - entry), through = 2 * here;
    // In turn: both ways there and back are computed for each generator.
    const int64_t generator = at_once_ ? 3 * here - entry + 3 * here : learning + through;
    const int64_t translating = at_once_ || d == 1 ? 0 : here;
    const int64_t identity = identity_ > 0 ? 3 * here - entry : 0;
    sum +=
        batch * (generator + translating + identity + 2 * judge + 2 * (3 * judge - first(judging)));
  }
  return sum;
}

void Translation::save(io::Tree& tree, const std::string& prefix) const {
  for (size_t d = 0; d < 2; ++d)
    if (judged_[d]) judged_[d]->pool.save(tree, prefix + "/pool/" + side(d).to);
}

void Translation::load(const io::Tree& tree, const std::string& prefix) {
  for (size_t d = 0; d < 2; ++d)
    if (judged_[d]) judged_[d]->pool.load(tree, prefix + "/pool/" + side(d).to, setup_.device);
}

}  // namespace kdseg::methods
